namespace Ledger.Client;

/// <summary>The vault cannot keep, open or erase a content; the message says what to do.</summary>
public sealed class VaultException(string message, Exception? inner = null) : Exception(message, inner);
