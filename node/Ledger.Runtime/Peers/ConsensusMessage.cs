using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Peers;

/// <summary>What validators say to everybody. Deterministic CBOR; the formats stand in <c>consensus/README.md</c>.</summary>
internal abstract record ConsensusMessage
{
    private const ulong VoteType = 1;
    private const ulong ProposalType = 2;

    /// <summary>Parts up to this size travel with their proposal; longer ones are asked for.</summary>
    public const int PartsBytesMax = 48 * 1024;

    public abstract Height Height { get; }

    public abstract byte[] Encode();

    public static ConsensusMessage Of(SignedVote vote) => new VoteMessage(vote);

    /// <param name="block">Its parts are left out where they are too long for a message.</param>
    public static ConsensusMessage Of(SignedProposal proposal, ProposedBlock block) => new ProposalMessage(proposal, block);

    /// <summary>The one door for these bytes. Form only: signatures and heights are judged by <see cref="MessageDoor"/>.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ConsensusMessage message, out CborError error)
    {
        CborReader reader = new(bytes);
        message = null!;
        if (bytes.Length > PeerLimits.MessageBytes)
        {
            reader.Fail(CborFault.WrongLength, 0);
        }

        bool read = reader.TryReadArray(out int count)
            & reader.TryReadUnsigned(out ulong type)
            && ((type, count) switch
            {
                (VoteType, 7) => VoteMessage.TryRead(ref reader, out message),
                (ProposalType, 8) => ProposalMessage.TryRead(ref reader, out message),
                _ => reader.Fail(CborFault.WrongValue, 0),
            })
            && reader.EndArray()
            && reader.TryFinish();
        error = reader.Error;
        return read;
    }

    private static bool TryReadRound(ref CborReader reader, out Round round)
    {
        int at = reader.Position;
        bool read = reader.TryReadUnsigned(out ulong value)
            && (value <= int.MaxValue || reader.Fail(CborFault.WrongValue, at));
        round = new Round((uint)value);
        return read;
    }

    private static bool TryReadValidator(ref CborReader reader, out ValidatorIndex validator)
    {
        int at = reader.Position;
        bool read = reader.TryReadUnsigned(out ulong value)
            && (value < Limits.Validators || reader.Fail(CborFault.WrongValue, at));
        validator = new ValidatorIndex((int)value);
        return read;
    }

    /// <summary><c>[1, height, round, step, block or null, validator, signature]</c>.</summary>
    public sealed record VoteMessage(SignedVote Signed) : ConsensusMessage
    {
        public override Height Height => Signed.Vote.Height;

        public override byte[] Encode()
        {
            Vote vote = Signed.Vote;
            CborWriter writer = new(Limits.SignatureBytes + 96);
            writer.Array(7).Unsigned(VoteType)
                .Unsigned(vote.Height.Value).Unsigned(vote.Round.Value).Unsigned((ulong)vote.Step);
            return (vote.Block is { } block ? writer.Bytes(block.Value) : writer.Null())
                .Unsigned((ulong)Signed.Validator.Value).Bytes(Signed.Signature.Span)
                .ToArray();
        }

        internal static bool TryRead(ref CborReader reader, out ConsensusMessage message)
        {
            ValidatorIndex validator = default;
            ReadOnlySpan<byte> signature = default;
            ulong step = 0;
            BlockId? block = null;
            bool read = reader.TryReadUnsigned(out ulong height)
                & TryReadRound(ref reader, out Round round)
                && reader.TryReadUnsigned(out step)
                && (step is 1 or 2 || reader.Fail(CborFault.WrongValue, reader.Position))
                && TryReadBlock(ref reader, out block)
                && TryReadValidator(ref reader, out validator)
                && reader.TryReadBytes(Limits.SignatureBytes, out signature);
            message = !read ? null! : new VoteMessage(new SignedVote(
                new Vote(new Height(height), round, (VoteStep)step, block), validator, ByteCopy.Of(signature)));
            return read;
        }

        private static bool TryReadBlock(ref CborReader reader, out BlockId? block)
        {
            block = null;
            if (reader.SkipIfNull())
            {
                return true;
            }

            bool read = reader.TryReadDigest(out Digest id);
            block = new BlockId(id);
            return read;
        }
    }

    /// <summary>
    /// <c>[2, height, round, valid round or -1, proposer, signature, header, parts or null]</c>, the header as a byte
    /// string and the parts as those of <see cref="ProposedBlock"/>. The block id is the header's digest, so no two can
    /// disagree.
    /// </summary>
    public sealed record ProposalMessage(SignedProposal Signed, ProposedBlock Block) : ConsensusMessage
    {
        public override Height Height => Signed.Proposal.Height;

        public override byte[] Encode()
        {
            Proposal said = Signed.Proposal;
            BlockParts? parts = Block.Parts is { EncodedBytes: <= PartsBytesMax } few ? few : null;
            CborWriter writer = new(Limits.SignatureBytes + 1_024 + (parts?.EncodedBytes ?? 0));
            writer.Array(8).Unsigned(ProposalType)
                .Unsigned(said.Height.Value).Unsigned(said.Round.Value).Integer(said.ValidRound?.Value ?? -1L)
                .Unsigned((ulong)Signed.Proposer.Value).Bytes(Signed.Signature.Span).Bytes(Block.Header.Encoded.Span);
            if (parts is null)
            {
                return writer.Null().ToArray();
            }

            parts.EncodeTo(writer);
            return writer.ToArray();
        }

        internal static bool TryRead(ref CborReader reader, out ConsensusMessage message)
        {
            ValidatorIndex proposer = default;
            ReadOnlySpan<byte> signature = default;
            ProposedBlock block = null!;
            Round? validRound = null;
            bool read = reader.TryReadUnsigned(out ulong height)
                & TryReadRound(ref reader, out Round round)
                && TryReadValidRound(ref reader, out validRound)
                && TryReadValidator(ref reader, out proposer)
                && reader.TryReadBytes(Limits.SignatureBytes, out signature)
                && TryReadBlock(ref reader, height, out block);
            message = !read ? null! : new ProposalMessage(
                new SignedProposal(
                    new Proposal(new Height(height), round, validRound, block.Header.Id), proposer, block.Header.Time,
                    ByteCopy.Of(signature)),
                block);
            return read;
        }

        private static bool TryReadValidRound(ref CborReader reader, out Round? round)
        {
            int at = reader.Position;
            bool read = reader.TryReadInteger(out long value)
                && (value is >= -1 and <= int.MaxValue || reader.Fail(CborFault.WrongValue, at));
            round = value < 0 ? null : new Round((uint)value);
            return read;
        }

        private static bool TryReadBlock(ref CborReader reader, ulong height, out ProposedBlock block)
        {
            int at = reader.Position;
            block = null!;
            BlockParts? parts = null;
            if (!reader.TryReadBytes(out ReadOnlySpan<byte> encoded)
                || (!Header.TryParse(encoded, out Header header, out CborError error) && !reader.Fail(error.Fault, at))
                || (header.Height.Value != height && !reader.Fail(CborFault.WrongValue, at))
                || (!reader.SkipIfNull() && !BlockParts.TryRead(ref reader, header, out parts)))
            {
                return false;
            }

            block = new ProposedBlock(header, parts);
            return true;
        }
    }
}
