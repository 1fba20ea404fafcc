using System.Collections.Immutable;
using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>
/// What a member sends to a newcomer: which chain, and where its nodes are. Rule Q12 of <c>consensus/README.md</c>. The chain
/// id is what both sides read aloud, in words: addresses need no trust, since each names the peer that must answer there.
/// </summary>
/// <param name="Genesis">As encoded: its SHA-256 is the chain id.</param>
/// <param name="Addresses">Multiaddrs, each with its peer id; 1 to <see cref="Limits.Validators"/>. Not checked here.</param>
public sealed record InvitationFile(ReadOnlyMemory<byte> Genesis, ImmutableArray<string> Addresses)
{
    /// <summary>UTF-8 bytes of one address.</summary>
    public const int AddressBytesMax = 512;

    /// <summary>Bytes of a file.</summary>
    public const int BytesMax = Limits.ConfigurationBytes + (Limits.Validators * (AddressBytesMax + 3)) + 64;

    public ChainId Chain => new(Digest.Of(Genesis.Span));

    /// <summary>The genesis document of a parsed file.</summary>
    public GenesisDocument ReadGenesis() =>
        GenesisDocument.TryParse(Genesis.Span, out GenesisDocument genesis, out CborError error)
            ? genesis
            : throw new InvalidOperationException($"Not a genesis document: {error}.");

    public byte[] Encode()
    {
        CborWriter writer = new(Genesis.Length + 4_096);
        writer.Map(3)
            .Text("v"u8).Unsigned(1)
            .Text("genesis"u8).Bytes(Genesis.Span)
            .Text("addresses"u8).Array(Addresses.Length);
        foreach (string address in Addresses)
        {
            writer.Text(address);
        }

        return writer.ToArray();
    }

    /// <summary>The one door for these files. No byte string makes it throw.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out InvitationFile file, out CborError error)
    {
        CborReader reader = new(bytes);
        byte[] genesis = [];
        ImmutableArray<string>.Builder addresses = ImmutableArray.CreateBuilder<string>();
        bool read = (bytes.Length <= BytesMax || reader.Fail(CborFault.WrongLength, 0))
            && reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && reader.TryReadKey(ref map, "genesis"u8)
            && TryReadGenesis(ref reader, out genesis)
            && reader.TryReadKey(ref map, "addresses"u8)
            && TryReadAddresses(ref reader, addresses)
            && reader.EndMap(map)
            && reader.TryFinish();
        error = reader.Error;
        file = read ? new InvitationFile(genesis, addresses.ToImmutable()) : null!;
        return read;
    }

    /// <summary>Faults inside are told at the first byte of the string around them.</summary>
    private static bool TryReadGenesis(ref CborReader reader, out byte[] genesis)
    {
        genesis = [];
        int at = reader.Position;
        if (!reader.TryReadBytes(out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        genesis = bytes.ToArray();
        return GenesisDocument.TryParse(bytes, out _, out CborError error) || reader.Fail(error.Fault, at);
    }

    private static bool TryReadAddresses(ref CborReader reader, ImmutableArray<string>.Builder addresses)
    {
        int at = reader.Position;
        if (!reader.TryReadArray(out int count)
            || (count is 0 or > Limits.Validators && !reader.Fail(CborFault.WrongCount, at)))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            at = reader.Position;
            if (!reader.TryReadString(out string address)
                || (CborWriter.CountUtf8(address) > AddressBytesMax && !reader.Fail(CborFault.WrongLength, at)))
            {
                return false;
            }

            addresses.Add(address);
        }

        return reader.EndArray();
    }
}
