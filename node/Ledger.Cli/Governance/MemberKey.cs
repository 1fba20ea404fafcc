using System.CommandLine;
using System.Security.Cryptography;
using Ledger.Cli.Commands;
using Ledger.Client;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;

namespace Ledger.Cli.Governance;

/// <summary>A member's governance key: opened only once its owner has agreed to what is signed.</summary>
internal sealed class MemberKey(string path, KeyOptions options, ParseResult parsed)
{
    /// <summary>Which key the file holds; needs no passphrase.</summary>
    public KeyId Id { get; } = KeyStore.Identify(path).Id;

    /// <param name="configuration">Decided last; null where none is at hand.</param>
    public ProposalFile Approve(ProposalFile proposal, Configuration? configuration)
    {
        if (configuration?.Validators.All(member => member.GovernanceKeyId != Id) == true)
        {
            throw new CommandException(
                $"{path} holds the key {Id}, which is no member's governance key: 'ledger gov show' lists them. Nothing was signed.");
        }

        using SigningKey key = KeyStore.Open(path, () => options.Passphrase(parsed), options.Signer(parsed));
        byte[] signature = key.Sign(proposal.SignedBytes, RandomNumberGenerator.GetBytes(MlDsa65.RandomizerBytes));
        return proposal.With(new ChangeApproval(key.Id, signature));
    }
}
