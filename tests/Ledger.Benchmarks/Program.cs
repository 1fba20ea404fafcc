using Ledger.Benchmarks;

// usage: dotnet run -c Release --project tests/Ledger.Benchmarks
//            [-- --chain RECORDS | --guard FOLDER | --network | --join RECORDS | --strangers
//             | --measure ours|platform FILE]
// Measures signatures, hashes and records with each set of vector instructions, and the platform's own where a system
// with OpenSSL 3.5 or later can be had, and prints one table against the targets. With --chain, seals a chain of so
// many records and verifies it as a stream, and prints rate and memory as it goes. With --guard, measures what a guard
// adds to an act on the disk of that folder. With --network, measures one connection between peers beside a bare
// SslStream and beside js-libp2p. With --join, a new node joins a chain of so many records by blocks and by a snapshot.
// With --strangers, measures what members feel of streams that nobody invited.
return args switch
{
    ["--measure", var whose, var file] => Measurement.Run(whose, file),
    ["--chain", var records] when int.TryParse(records, out int count) && count > 0 => LongChain.Run(count),
    ["--guard", var folder] => await GuardBenchmark.RunAsync(folder),
    ["--network"] => await NetworkBenchmark.RunAsync(),
    ["--join", var records] when int.TryParse(records, out int count) && count > 0 =>
        await JoinBenchmark.RunAsync(count),
    ["--strangers"] => await StrangersBenchmark.RunAsync(),
    _ => Comparison.Run(),
};
