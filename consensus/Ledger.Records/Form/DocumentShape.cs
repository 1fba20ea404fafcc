using System.Text;
using Ledger.Core.Cbor;

namespace Ledger.Records.Form;

/// <summary>A document: which members have a fixed shape depends on its <c>type</c>.</summary>
internal sealed class DocumentShape(MapShape common, IReadOnlyList<(string Type, MapShape Shape)> types) : Shape
{
    private readonly (byte[] Type, MapShape Shape)[] _types =
        [.. types.Select(entry => (Encoding.UTF8.GetBytes(entry.Type), entry.Shape))];

    public override string Cddl => common.Cddl;

    public override bool Read(ref CborReader reader, ref string path)
    {
        CborReader ahead = reader;
        MapShape shape = common;
        if (BodyMembers.TryFind(ref ahead, "type"u8) && ahead.TryReadText(out ReadOnlySpan<byte> type))
        {
            foreach ((byte[] word, MapShape special) in _types)
            {
                shape = type.SequenceEqual(word) ? special : shape;
            }
        }

        return shape.Read(ref reader, ref path);
    }
}
