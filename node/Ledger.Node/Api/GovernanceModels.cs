namespace Ledger.Node.Api;

/// <param name="Height">Height in progress.</param>
/// <param name="Change">Number of the last change in force; 0 at genesis.</param>
/// <param name="Decided">Number of the last change that is decided, and in force within two heights.</param>
/// <param name="Configuration">Decided last: the deterministic CBOR whose SHA-256 headers name.</param>
/// <param name="Members">Of the configuration in force.</param>
/// <param name="Proposals">Changes that some have approved and not enough have.</param>
public sealed record GovernanceModel(
    string Chain, ulong Height, ulong Change, ulong Decided, string Configuration, IReadOnlyList<MemberModel> Members,
    IReadOnlyList<ProposalModel> Proposals);

/// <param name="Words">Of the vote key, as <c>ledger key show</c> prints them.</param>
/// <param name="Kid">Of the key that signs votes.</param>
/// <param name="Governance">Kid of the cold key that approves changes.</param>
/// <param name="Peer">Its libp2p peer id in base58; empty where the configuration names none.</param>
public sealed record MemberModel(
    string Name, string Words, ulong Power, string Kid, string Governance, string Stream, string Peer, bool Self);

/// <param name="Id">SHA-256 of what an approval signs.</param>
/// <param name="At">Number that the change would get.</param>
/// <param name="Change">Its deterministic CBOR.</param>
/// <param name="ApprovedBy">Names of members whose approval settled.</param>
/// <param name="Power">Approved, needed, and of all members.</param>
public sealed record ProposalModel(
    string Id, ulong At, string Change, IReadOnlyList<string> ApprovedBy, VoteCountModel Power);

/// <param name="At">Number that the change gets.</param>
/// <param name="Sealed">Approvals that this node sealed now; those that it knew are not sealed twice.</param>
/// <param name="Record">Id of the last record that brings them; null where all were known.</param>
public sealed record ProposalReceiptModel(ulong At, int Sealed, string? Record);
