namespace Ledger.Storage;

/// <summary>librocksdb cannot be loaded. The message says what to do.</summary>
public sealed class RocksLibraryMissingException(string message) : Exception(message);

/// <summary>Another process holds the store's lock. The message names the folder.</summary>
public sealed class StoreInUseException(string message) : IOException(message);

/// <summary>The folder holds something that this program cannot open, for instance a store of a newer version.</summary>
public sealed class StoreFormatException(string message) : IOException(message);
