namespace Ledger.Records;

/// <summary>
/// COSE Sig_structure (RFC 9052 §4.4): <c>["Signature1", protected, h'', payload]</c>. Header and payload enter as the
/// byte strings that the record itself carries, so nothing is encoded anew.
/// </summary>
internal static class SignedContent
{
    private const byte EmptyByteString = 0x40;

    // An array of four items, the first the text "Signature1".
    private static ReadOnlySpan<byte> Opening =>
        [0x84, 0x6a, 0x53, 0x69, 0x67, 0x6e, 0x61, 0x74, 0x75, 0x72, 0x65, 0x31];

    public static int Length(in RecordForm form) =>
        Opening.Length + form.ProtectedItem.Length + 1 + form.PayloadItem.Length;

    public static void Write(ReadOnlySpan<byte> record, in RecordForm form, Span<byte> destination)
    {
        Opening.CopyTo(destination);
        destination = destination[Opening.Length..];
        form.ProtectedItem.In(record).CopyTo(destination);
        destination = destination[form.ProtectedItem.Length..];
        destination[0] = EmptyByteString;
        form.PayloadItem.In(record).CopyTo(destination[1..]);
    }
}
