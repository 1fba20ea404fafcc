using System.Buffers.Binary;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Chains;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests;

public sealed class ChainVerifierTests
{
    [Fact]
    public void A_sound_chain_is_verified()
    {
        ChainBuilder chain = new ChainBuilder(recovery: "cold").Genesis().Intent().Outcome().Rotate("bob").Intent()
            .Rotate("carol", byRecovery: true).Intent();
        ChainVerdict verdict = ChainVerifier.Verify(chain.ToFile());
        Assert.Equal("", verdict.Reason);
        Assert.Equal(Verdict.Verified, verdict.Verdict);
        Assert.Equal(7, verdict.Records);
        Assert.Null(verdict.Index);
        Assert.Null(verdict.Layer);
        Assert.Equal(chain.Head, verdict.Head);
    }

    [Fact]
    public void Causes_that_the_file_does_not_hold_are_counted()
    {
        ChainBuilder chain = new ChainBuilder().Genesis().Intent();
        RecordId[] cited = [chain.Records[0].Id, chain.Records[1].Id, SampleBodies.SomeId];
        chain.Add(
            RecordKind.Intent, ChainBuilder.SampleIntent(), change: content => content with { Causes = [.. cited] });
        ChainVerdict verdict = ChainVerifier.Verify(chain.ToFile());
        Assert.Equal((Verdict.Verified, 3L, 1L), (verdict.Verdict, verdict.Causes, verdict.CausesNotShown));
        Assert.Equal(0, ChainVerifier.Verify(new ChainBuilder().Genesis().ToFile()).CausesNotShown);
    }

    /// <summary>V6: the count is exact up to 65,536 records, and left out beyond.</summary>
    [Theory]
    [InlineData(65_535, true)]
    [InlineData(65_536, true)]
    [InlineData(65_537, false)]
    public void Causes_are_counted_in_files_of_up_to_65536_records(int count, bool counted)
    {
        byte[] bytes = new RawRecord
        {
            Payload = RawRecord.Members().With("causes", CborArray.Of(SampleBodies.SomeId)).Encode(),
            Signature = new byte[3309],
        }.ToBytes();
        Assert.True(RecordParser.TryRead(bytes, out RecordForm form, out _));
        CauseCounter counter = new();
        Span<byte> id = stackalloc byte[RecordId.Size];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(id, i);
            counter.Observe(new Record(bytes, form, new RecordId(id), default));
        }

        Assert.Equal(count, counter.Causes);
        Assert.Equal(counted ? count : null, counter.NotShown);
    }

    [Fact]
    public void A_flipped_byte_is_invalid()
    {
        byte[] file = new ChainBuilder().Genesis().Intent().Outcome().ToFile();
        Assert.Equal(Verdict.Verified, ChainVerifier.Verify(file).Verdict);
        file[^1] ^= 1;
        ChainVerdict verdict = ChainVerifier.Verify(file);
        Assert.Equal((Verdict.Invalid, Layer.Signature, 2L), (verdict.Verdict, verdict.Layer, verdict.Index));
    }

    [Fact]
    public void A_stolen_key_with_its_heirs_is_revoked_by_recovery()
    {
        ChainBuilder chain = new ChainBuilder(recovery: "cold").Genesis().Intent().Rotate("thief").Intent()
            .Rotate("carol", byRecovery: true)
            .Revoke("alice", 2, heirs: true, byRecovery: true)
            .Intent();
        ChainVerdict verdict = ChainVerifier.Verify(chain.ToFile());
        Assert.Equal((Verdict.Revoked, Layer.Revocation, 2L, 5L),
            (verdict.Verdict, verdict.Layer, verdict.Index, verdict.RevokedBy));
    }
}
