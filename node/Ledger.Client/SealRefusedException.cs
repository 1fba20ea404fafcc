using Ledger.Records;

namespace Ledger.Client;

/// <summary>The record would break a rule; nothing was written.</summary>
public sealed class SealRefusedException(Fault fault)
    : Exception($"The record was not sealed: {fault.Reason} ({fault.Layer.Word()}).")
{
    public Fault Fault => fault;
}
