using Ledger.Benchmarks;

// usage: dotnet run -c Release --project tests/Ledger.Benchmarks [--measure FILE]
// Measures signatures and hashes with each set of vector instructions, and prints one table against the targets.
return args is ["--measure", var file] ? Measurement.Run(file) : Comparison.Run();
