using Ledger.Records;
using Ledger.Records.Streams;

namespace Ledger.Runtime.Execution;

/// <summary>Public keys that records bring with them: later records of the stream are verified with them.</summary>
internal static class PublicKeysIn
{
    public static IEnumerable<ReadOnlyMemory<byte>> Record(Record record)
    {
        switch (record.Kind)
        {
            case RecordKind.Genesis:
                yield return Genesis.From(record).Key;
                break;
            case RecordKind.Key:
                KeyChange change = KeyChange.From(record);
                yield return change.Key;
                if (!change.Signer.IsEmpty)
                {
                    yield return change.Signer;
                }

                break;
            case RecordKind.Revoke:
                Revocation revocation = Revocation.From(record);
                if (!revocation.Signer.IsEmpty)
                {
                    yield return revocation.Signer;
                }

                break;
            default:
                break;
        }
    }
}
