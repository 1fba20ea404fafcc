using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Bodies;
using Ledger.Records.Streams;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests.BrokenChains;

public sealed partial class BrokenChainTests
{
    private static IEnumerable<Case> KeyCases() =>
    [
        Sound("three keys one after the other",
            () => new ChainBuilder().Genesis().Intent().Rotate("bob").Intent().Rotate("carol").Intent().ToFile()),
        Sound("the recovery key rotates", () => Recoverable().Rotate("bob", byRecovery: true).Intent().ToFile()),
        Sound("the recovery key rotates twice in a row",
            () => Recoverable().Rotate("bob", byRecovery: true).Rotate("carol", byRecovery: true).Intent().ToFile()),
        .. SignerCases(),
        .. NewKeyCases(),
        .. ProofCases(),
    ];

    private static IEnumerable<Case> SignerCases() =>
    [
        Bad("a stranger's key signs", Layer.Link, 1, () =>
            Signed(chain => chain.Add(RecordKind.Intent, Sample, Key("mallory")))),
        Bad("the retired key signs on", Layer.Link, 3,
            () => new ChainBuilder().Genesis().Intent().Rotate("bob").Add(RecordKind.Intent, Sample, Key("alice"))),
        Bad("the new key signs its own entry", Layer.Link, 2,
            () => new ChainBuilder().Genesis().Intent().Add(RecordKind.Key, Entry(2, "bob"), Key("bob"))),
        Bad("the recovery key signs an intent", Layer.Link, 2, () =>
            Recoverable().Add(RecordKind.Intent, Sample, Key("cold"))),
        Bad("the recovery key signs an intent that carries it", Layer.Link, 2, () => Recoverable().Add(
            RecordKind.Intent, Sample.With("signer", Key("cold").PublicKey.ToArray()), Key("cold"))),
        Bad("the recovery key signs a gap", Layer.Link, 2,
            () => Recoverable().Add(RecordKind.Gap, Body.Gap(GapType.Offline, "r"), Key("cold"))),
        Bad("the recovery key signs a key record that does not carry it", Layer.Link, 2,
            () => Recoverable().Add(RecordKind.Key, Entry(2, "bob", recovery: true), Key("cold"))),
        Bad("the recovery key signs a revoke record that does not carry it", Layer.Link, 2, () => Recoverable().Add(
            RecordKind.Revoke, Body.Revoke(Key("alice").Id, new(1), "r"), Key("cold"))),
        Bad("the key in force carries the recovery key", Layer.Link, 2, () => Recoverable().Add(
            RecordKind.Key, Entry(2, "bob", recovery: true).With("signer", Key("cold").PublicKey.ToArray()))),
        Bad("the key in force carries itself", Layer.Link, 2, () => Recoverable().Add(
            RecordKind.Revoke, Body.Revoke(Key("alice").Id, new(2), "r", signer: Key("alice").PublicKey.Span))),
        Bad("the recovery key signs and another is carried", Layer.Link, 2, () => Recoverable().Add(
            RecordKind.Key, Entry(2, "bob", recovery: true).With("signer", Key("mallory").PublicKey.ToArray()),
                Key("cold"))),
        Bad("a stranger's key plays the recovery key", Layer.Link, 2, () => Recoverable().Add(
            RecordKind.Key, Entry(2, "bob", recovery: true).With("signer", Key("mallory").PublicKey.ToArray()),
                Key("mallory"))),
        Bad("a recovery key where genesis names none", Layer.Link, 2, () => new ChainBuilder().Genesis().Intent().Add(
            RecordKind.Key, Entry(2, "bob").With("signer", Key("cold").PublicKey.ToArray()), Key("cold"))),
    ];

    private static IEnumerable<Case> NewKeyCases() =>
    [
        Bad("a rotation to the key in force", Layer.Link, 2, () => new ChainBuilder().Genesis().Intent()
            .Rotate("alice")),
        Bad("a rotation back to an earlier key", Layer.Link, 3,
            () => new ChainBuilder().Genesis().Intent().Rotate("bob").Rotate("alice")),
        Bad("the recovery key rotates back to a stolen key", Layer.Link, 3,
            () => Recoverable().Rotate("bob", byRecovery: true).Rotate("alice", byRecovery: true)),
        Bad("the recovery key comes into force", Layer.Link, 2, () => Recoverable().Rotate("cold")),
        Bad("the recovery key puts itself in force", Layer.Link, 2, () =>
            Recoverable().Rotate("cold", byRecovery: true)),
        Sound("240 keys", () => ManyKeys(240).ToFile()),
        Bad("the 241st key by the key in force", Layer.Link, 240, () => ManyKeys(240).Rotate("key 240")),
        Sound("the 241st to 256th key by the recovery key", () => AllKeys().Intent().ToFile()),
        Bad("the 257th key", Layer.Link, 256, () => AllKeys().Rotate("key 256", byRecovery: true)),
        Bad("the 242nd key by the key in force", Layer.Link, 241,
            () => ManyKeys(240).Rotate("key 240", byRecovery: true).Rotate("key 241")),
    ];

    private static IEnumerable<Case> ProofCases() =>
    [
        Bad("a proof of zeros", Layer.Proof, 2, () => Entering(new byte[3309])),
        Bad("a proof by the key in force", Layer.Proof, 2, () => Entering(ProofBy("alice"))),
        Bad("a proof by a stranger", Layer.Proof, 2, () => Entering(ProofBy("mallory"))),
        Bad("a proof for another number", Layer.Proof, 2, () => Entering(ProofBy("bob", seq: 3))),
        Bad("a proof for another head", Layer.Proof, 2, () => Entering(ProofBy("bob", prev: RecordId.Zero))),
        Bad("a proof for another stream", Layer.Proof, 2, () =>
            Entering(ProofBy("bob", stream: Key("carol").Id.Value))),
        Bad("a proof for another purpose", Layer.Proof, 2, () => Entering(Key("bob").Sign(
            CborArray.Of("ledger/vote/1", Key("alice").Id, 2, TwoRecords().Head, Key("bob").PublicKey.ToArray())
                .Encode(),
            Keys.NoRandomness))),
        Bad("the recovery key's key record with a false proof", Layer.Proof, 2, () => Recoverable().Add(
            RecordKind.Key,
            Body.KeyChange(Key("bob").PublicKey.Span, new byte[3309], Key("cold").PublicKey.Span),
            Key("cold"))),
        Bad("a proof with a bit flipped", Layer.Proof, 2, () => Entering(Flip(ProofBy("bob"), 100))),
        Sound("the proof that the others are made from", () => Entering(ProofBy("bob")).Intent().ToFile()),
    ];

    /// <summary>genesis with a recovery key, intent.</summary>
    private static ChainBuilder Recoverable() => new ChainBuilder(recovery: "cold").Genesis().Intent();

    private static ChainBuilder TwoRecords() => new ChainBuilder().Genesis().Intent();

    /// <summary>The body of a key record at this number of a chain of intents, with a good proof.</summary>
    private static CborMap Entry(int seq, string newKey, bool recovery = false)
    {
        ChainBuilder chain = recovery ? Recoverable() : TwoRecords();
        Assert.Equal(seq, chain.Records.Count);
        return Body.KeyChange(
            Key(newKey).PublicKey.Span,
            KeyProof.Sign(Key(newKey), chain.Stream, chain.Next, chain.Head, Keys.NoRandomness));
    }

    private static ChainBuilder Entering(byte[] proof)
    {
        ChainBuilder chain = TwoRecords().Add(RecordKind.Key, Body.KeyChange(Key("bob").PublicKey.Span, proof));
        chain.Current = Key("bob");
        return chain;
    }

    private static byte[] ProofBy(string signer, ulong seq = 2, RecordId? prev = null, Digest? stream = null) =>
        Key(signer).Sign(
        KeyProof.SignedBytes(
            new StreamId(stream ?? Key("alice").Id.Value), new Sequence(seq), prev ?? TwoRecords().Head,
            Key("bob").PublicKey.Span),
        Keys.NoRandomness);

    private static ChainBuilder ManyKeys(int count)
    {
        ChainBuilder chain = new ChainBuilder(recovery: "cold").Genesis();
        for (int i = 1; i < count; i++)
        {
            chain.Rotate($"key {i}");
        }

        return chain;
    }

    private static ChainBuilder AllKeys()
    {
        ChainBuilder chain = ManyKeys(240);
        for (int i = 240; i < 256; i++)
        {
            chain.Rotate($"key {i}", byRecovery: true);
        }

        return chain;
    }
}
