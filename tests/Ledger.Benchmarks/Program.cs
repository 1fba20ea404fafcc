using Ledger.Benchmarks;

// usage: dotnet run -c Release --project tests/Ledger.Benchmarks [--measure ours|platform FILE]
// Measures signatures, hashes and records with each set of vector instructions, and the platform's own where a system
// with OpenSSL 3.5 or later can be had, and prints one table against the targets.
return args is ["--measure", var whose, var file] ? Measurement.Run(whose, file) : Comparison.Run();
