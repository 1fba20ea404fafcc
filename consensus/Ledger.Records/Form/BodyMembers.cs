using Ledger.Core.Cbor;

namespace Ledger.Records.Form;

/// <summary>Finds one member of a map.</summary>
internal static class BodyMembers
{
    /// <summary>
    /// Moves from the start of a map to the value of one of its members. False, position undefined, if it is absent.
    /// </summary>
    public static bool TryFind(ref CborReader reader, ReadOnlySpan<byte> name)
    {
        if (!reader.TryReadMap(out CborMapScope scope))
        {
            return false;
        }

        while (reader.TryReadKey(ref scope, out ReadOnlySpan<byte> key))
        {
            if (key.SequenceEqual(name))
            {
                return true;
            }

            if (!reader.TrySkip())
            {
                return false;
            }
        }

        return false;
    }
}
