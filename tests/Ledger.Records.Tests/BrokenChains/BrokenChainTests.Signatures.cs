using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests.BrokenChains;

public sealed partial class BrokenChainTests
{
    private static IEnumerable<Case> SignatureCases() =>
    [
        Bad("the last byte of genesis flipped", Layer.Signature, 0, () =>
            Flip(new ChainBuilder().Genesis().ToFile(), ^1)),
        Bad("the last byte of the file flipped", Layer.Signature, 2, () => Flip(Three().ToFile(), ^1)),
        Bad("the first byte of a signature flipped", Layer.Signature, 1,
            () => Replace(1, Flip(Three().Records[1].Bytes.ToArray(), ^3309))),
        Bad("a letter of the body changed", Layer.Signature, 1,
            () => Replace(1, Swap(Three().Records[1].Bytes.ToArray(), "answer"u8, "ansver"u8))),
        Bad("a letter of iss changed", Layer.Signature, 1,
            () => Replace(1, Swap(Three().Records[1].Bytes.ToArray(), "operator-1"u8, "operator-2"u8))),
        Bad("the time put back without signing anew", Layer.Signature, 1,
            () => Replace(1, Swap(Three().Records[1].Bytes.ToArray(), "dtime\u0019\u0007"u8, "dtime\u0019\u0001"u8))),
        Bad("the time put forward without signing anew", Layer.Signature, 1,
            () => Replace(1, Swap(Three().Records[1].Bytes.ToArray(), "dtime\u0019\u0007"u8, "dtime\u0019\u0008"u8))),
        Bad("prev changed without signing anew", Layer.Signature, 2,
            () => Replace(2, Swap(
                Three().Records[2].Bytes.ToArray(), [0x58, 0x40, .. Three().Records[2].Prev.Span, 0x64],
                [0x58, 0x40, .. new byte[64], 0x64]))),
        Bad("seq changed without signing anew", Layer.Signature, 2,
            () => Replace(2, Swap(Three().Records[2].Bytes.ToArray(), "cseq\u0002"u8, "cseq\u0005"u8))),
        Bad("stream changed without signing anew", Layer.Signature, 1,
            () => Replace(1, Swap(
                Three().Records[1].Bytes.ToArray(), [.. "fstreamX "u8[..7], 0x58, 0x20, .. Three().Stream.Value.Span],
                [.. "fstreamX "u8[..7], 0x58, 0x20, .. new byte[32]]))),
        Bad("the signature of another record", Layer.Signature, 1, () => Replace(
            1, [.. Three().Records[1].Bytes.Span[..^3309], .. Three().Records[2].Signature])),
        Bad("a signature of zeros", Layer.Signature, 1,
            () => AfterGenesis(members => members.Encode(), raw => raw.Signature = new byte[3309])),
        Bad("a signature of ones", Layer.Signature, 1, () => AfterGenesis(
            members => members.Encode(), raw => raw.Signature = [.. Enumerable.Repeat((byte)0xff, 3309)])),
        Bad("another key's signature under the name of the key in force", Layer.Signature, 1, () => AfterGenesis(
            members => members.Encode(), raw => raw.Signature = Key("mallory").Sign(Signed(raw), Keys.NoRandomness))),
        Bad("a signature over the payload alone", Layer.Signature, 1, () => AfterGenesis(
            members => members.Encode(), raw => raw.Signature = Key("alice").Sign(raw.Payload, Keys.NoRandomness))),
        Bad("a signature with external data", Layer.Signature, 1, () => AfterGenesis(
            members => members.Encode(),
            raw => raw.Signature = Key("alice").Sign(Signed(raw, external: [1]), Keys.NoRandomness))),
        Bad("a signature for COSE_Sign", Layer.Signature, 1, () => AfterGenesis(
            members => members.Encode(),
            raw => raw.Signature = Key("alice").Sign(Signed(raw, purpose: "Signature"), Keys.NoRandomness))),
        Bad("a signature with a context", Layer.Signature, 1, () => AfterGenesis(
            members => members.Encode(), raw => raw.Signature = SignWithContext("alice", Signed(raw), "oar"u8))),
        Sound("a signature with an empty context", () => AfterGenesis(
            members => members.Encode(), raw => raw.Signature = SignWithContext("alice", Signed(raw), []))),
        Bad("a genesis that another key put its name into", Layer.Signature, 0, () => ForgedGenesis()),
        Bad("the recovery key's key record with a byte of its signature flipped", Layer.Signature, 2, () => Flip(
            new ChainBuilder(recovery: "cold").Genesis().Intent().Rotate("bob", byRecovery: true).ToFile(), ^1)),
        Bad("the new key's first record with a byte of its signature flipped", Layer.Signature, 3,
            () => Flip(new ChainBuilder().Genesis().Intent().Rotate("bob").Intent().ToFile(), ^1)),
        Bad("a signature is asked for before a gap is seen", Layer.Signature, 1, () =>
        {
            ChainBuilder chain = Three().Intent();
            return [.. chain.Records[0].Bytes.Span, .. Flip(chain.Records[3].Bytes.ToArray(), ^1)];
        }),
    ];

    private static byte[] Signed(RawRecord raw, byte[]? external = null, string purpose = "Signature1") =>
        CborArray.Of(purpose, raw.Header, external ?? [], raw.Payload).Encode();

    private static byte[] SignWithContext(string owner, byte[] message, ReadOnlySpan<byte> context)
    {
        byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
        byte[] secretKey = new byte[MlDsa65.SecretKeyBytes];
        byte[] signature = new byte[MlDsa65.SignatureBytes];
        MlDsa65.GenerateKey(Keys.Seed(owner), publicKey, secretKey);
        MlDsa65.Sign(secretKey, message, context, Keys.NoRandomness, signature);
        return signature;
    }

    /// <summary>Alice's genesis with mallory's key and kid in it, and alice's signature still on it.</summary>
    private static byte[] ForgedGenesis()
    {
        byte[] genesis = new ChainBuilder().Genesis().ToFile();
        genesis = Swap(genesis, Key("alice").PublicKey.Span, Key("mallory").PublicKey.Span);
        int kid = genesis.AsSpan().IndexOf(Key("alice").Id.Value.Span);
        Key("mallory").Id.Value.CopyTo(genesis.AsSpan(kid));
        return genesis;
    }
}
