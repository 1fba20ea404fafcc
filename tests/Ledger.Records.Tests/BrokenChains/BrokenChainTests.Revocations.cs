using Ledger.Core;
using Ledger.Records.Bodies;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests.BrokenChains;

public sealed partial class BrokenChainTests
{
    private static IEnumerable<Case> RevocationCases() =>
    [
        .. RefusedRevocations(),
        .. HarmlessRevocations(),
        .. CondemningRevocations(),
    ];

    private static IEnumerable<Case> RefusedRevocations() =>
    [
        Bad("a key that was never in force is revoked", Layer.Link, 2, () => TwoRecords().Revoke("mallory", 0)),
        Bad("the recovery key is revoked", Layer.Link, 2, () => Recoverable().Revoke("cold", 0, byRecovery: true)),
        Bad("a revocation that begins in the future", Layer.Link, 2, () => TwoRecords().Revoke("alice", 3)),
        Bad("the recovery key revokes in the future", Layer.Link, 2, () =>
            Recoverable().Revoke("alice", 3, byRecovery: true)),
        Bad("the key in force condemns its own past beside a recovery key", Layer.Link, 2, () =>
            Recoverable().Revoke("alice", 1)),
        Bad("the key in force condemns its predecessor beside a recovery key", Layer.Link, 4,
            () => Recoverable().Rotate("bob").Intent().Revoke("alice", 2)),
        Bad("an unsound record behind a revoked one", Layer.Link, 4,
            () => Recoverable().Intent().Revoke("alice", 1, byRecovery: true).At(0).Intent()),
        Bad("a cut record behind a revoked one", Layer.Encoding, 4, () =>
            Recoverable().Intent().Revoke("alice", 1, byRecovery: true).Intent().ToFile()[..^1]),
    ];

    private static IEnumerable<Case> HarmlessRevocations() =>
    [
        Sound("a key revokes itself and falls silent", () => TwoRecords().Revoke("alice", 2).ToFile()),
        Sound("the recovery key revokes a key that signs no more",
            () => Recoverable().Revoke("alice", 2, byRecovery: true).Rotate("bob", byRecovery: true).Intent().ToFile()),
        Sound("a retired key is revoked from behind its last record",
            () => TwoRecords().Rotate("bob").Intent().Revoke("alice", 3).Intent().ToFile()),
        Sound("the same beside a recovery key",
            () => Recoverable().Rotate("bob").Intent().Revoke("alice", 3).Intent().ToFile()),
        Sound("with heirs, but the key record stands before", () => Recoverable().Rotate("bob").Intent()
            .Revoke("alice", 3, heirs: true, byRecovery: true).Intent().ToFile()),
        Sound("the recovery key's records between are nobody's", () => Recoverable()
            .Revoke("alice", 2, byRecovery: true).Revoke("alice", 2, byRecovery: true)
            .Rotate("bob", byRecovery: true).Revoke("alice", 3, heirs: true, byRecovery: true).Intent().ToFile()),
    ];

    private static IEnumerable<Case> CondemningRevocations() =>
    [
        Revoked("the recovery key revokes from record 1 on", 1,
            () => Recoverable().Intent().Revoke("alice", 1, byRecovery: true)),
        Revoked("the recovery key revokes everything", 0, () => Recoverable().Revoke("alice", 0, byRecovery: true)),
        Revoked("a key revokes itself and signs on", 3, () => TwoRecords().Revoke("alice", 2).Intent()),
        Revoked("the recovery key revokes and the key signs on", 3,
            () => Recoverable().Revoke("alice", 2, byRecovery: true).Intent()),
        Revoked("without recovery key a key condemns its own past", 1, () => TwoRecords().Intent().Revoke("alice", 1)),
        Revoked("without recovery key a successor condemns its predecessor", 2,
            () => TwoRecords().Rotate("bob").Intent().Revoke("alice", 2)),
        Revoked("the thief's key record falls and its key stays good", 2,
            () => Recoverable().Rotate("thief").Intent().Revoke("alice", 2, byRecovery: true).Intent()),
        Revoked("with heirs a rotation is undone", 2,
            () => Recoverable().Rotate("thief").Intent().Revoke("alice", 2, heirs: true, byRecovery: true)),
        Revoked("an heir's first record is the first to fall", 4, () =>
            Recoverable().Rotate("bob").Rotate("thief").Intent()
            .Revoke("bob", 4, byRecovery: true).Revoke("thief", 4, byRecovery: true)),
        Revoked("the inheritance goes through two rotations", 5, () => Recoverable().Rotate("bob").Rotate("thief")
            .Rotate("thief 2", byRecovery: true).Intent().Revoke("thief 2", 5, heirs: true, byRecovery: true)),
        Revoked("the inheritance ends at the recovery key's rotation", 2, () => Recoverable().Rotate("thief")
            .Rotate("carol", byRecovery: true).Revoke("alice", 2, heirs: true, byRecovery: true).Intent()),
        Revoked("the smallest since counts, whichever comes first", 1, () => Recoverable().Intent().Intent()
            .Revoke("alice", 1, byRecovery: true).Revoke("alice", 3, byRecovery: true)),
        Revoked("a later revocation reaches further back", 1, () => Recoverable().Intent().Intent()
            .Revoke("alice", 3, byRecovery: true).Revoke("alice", 1, byRecovery: true)),
        Revoked("a revoke record spares itself and falls to the next", 2,
            () => Recoverable().Revoke("alice", 2).Revoke("alice", 2, byRecovery: true)),
        Revoked("a record behind the recovery key's own is the first by its key", 3, () => Recoverable()
            .Revoke("alice", 2, byRecovery: true).Intent().Revoke("alice", 2, byRecovery: true)),
        Revoked("an heir that the key in force condemns without recovery key", 2, () => TwoRecords()
            .Rotate("thief").Intent().Revoke("alice", 2, heirs: true)),
    ];
}
