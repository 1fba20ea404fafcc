using System.Text;

namespace Ledger.Network.Wire;

/// <summary>
/// The messages of multistream-select 1.0: a length as a varint, then text, then a line feed that the length counts
/// (libp2p specification, <c>connections</c>).
/// </summary>
internal static class MultistreamMessage
{
    public const string Header = "/multistream/1.0.0";
    public const string NotAvailable = "na";

    /// <summary>Longest text of a message that is read, in bytes without the line feed.</summary>
    public const int TextBytesMax = 256;

    public static byte[] Encode(string text)
    {
        int length = Encoding.ASCII.GetByteCount(text) + 1;
        byte[] target = new byte[Varint.Length((ulong)length) + length];
        int at = Varint.Write(target, (ulong)length);
        Encoding.ASCII.GetBytes(text, target.AsSpan(at));
        target[^1] = (byte)'\n';
        return target;
    }

    /// <summary>Reads one message from the front of <paramref name="bytes"/>.</summary>
    public static ReadOutcome TryRead(ReadOnlySpan<byte> bytes, out string text, out int consumed)
    {
        text = "";
        consumed = 0;
        ReadOutcome outcome = Varint.TryRead(bytes, out ulong length, out int prefix);
        if (outcome != ReadOutcome.Done)
            return outcome;
        if (length is 0 or > TextBytesMax + 1)
            return ReadOutcome.Invalid;
        if (bytes.Length - prefix < (int)length)
            return ReadOutcome.NeedMore;
        ReadOnlySpan<byte> line = bytes.Slice(prefix, (int)length);
        if (line[^1] != (byte)'\n' || line[..^1].ContainsAnyExceptInRange((byte)0x20, (byte)0x7e))
            return ReadOutcome.Invalid;
        text = Encoding.ASCII.GetString(line[..^1]);
        consumed = prefix + (int)length;
        return ReadOutcome.Done;
    }
}
