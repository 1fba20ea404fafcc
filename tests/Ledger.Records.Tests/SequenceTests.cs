using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Records.Chains;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests;

public sealed class SequenceTests
{
    private static readonly ChainBuilder Chain = new ChainBuilder().Genesis().Intent().Outcome();

    [Fact]
    public void A_batch_is_cut_into_its_records()
    {
        ImmutableArray<ReadOnlyMemory<byte>> items = RecordSequence.Split(Chain.ToFile(), 10, out Fault? fault);
        Assert.Null(fault);
        Assert.Equal(Chain.Records.Select(record => record.Bytes.ToArray()), items.Select(item => item.ToArray()));
        Assert.Empty(RecordSequence.Split(Array.Empty<byte>(), 10, out fault));
        Assert.Null(fault);
    }

    [Fact]
    public void A_record_of_bad_form_does_not_hide_the_ones_behind_it()
    {
        byte[] batch = [.. Chain.Records[0].Bytes.Span, 0x18, 0x17, .. Chain.Records[1].Bytes.Span];
        ImmutableArray<ReadOnlyMemory<byte>> items = RecordSequence.Split(batch, 10, out Fault? fault);
        Assert.Null(fault);
        Assert.Equal([true, false, true], items.Select(item => Record.TryParse(item, out _, out _)));
    }

    [Fact]
    public void What_cannot_be_cut_is_reported_with_its_offset()
    {
        byte[] file = Chain.ToFile();
        int first = Chain.Records[0].Bytes.Length;
        Assert.Single(RecordSequence.Split((byte[])[.. file[..first], 0xff, .. file[first..]], 10, out Fault? fault));
        Assert.Equal(first, fault!.Offset);
        Assert.Equal(2, RecordSequence.Split(file[..^1], 10, out fault).Length);
        Assert.Equal(Layer.Encoding, fault!.Layer);
        Assert.Equal(2, RecordSequence.Split(file, 2, out fault).Length);
        Assert.Equal("more than 2 records", fault!.Reason);
    }

    [Fact]
    public void A_splitter_holds_no_more_than_one_record_and_one_piece()
    {
        RecordSplitter splitter = new();
        byte[] file = Chain.ToFile();
        long offset = 0;
        int taken = 0;
        for (int round = 0; round < 200; round++)
        {
            for (int i = 0; i < file.Length; i += 4_096)
            {
                splitter.Append(file.AsSpan(i, Math.Min(4_096, file.Length - i)));
                while (splitter.TryTake(out ReadOnlyMemory<byte> item, out long at))
                {
                    Assert.Equal(offset, at);
                    Assert.Equal(Chain.Records[taken++ % 3].Bytes.ToArray(), item.ToArray());
                    offset += item.Length;
                }

                Assert.InRange(splitter.Pending, 0, Limits.RecordBytes);
            }
        }

        Assert.Null(splitter.Finish());
        Assert.Equal(600, taken);
        Assert.Equal(offset, splitter.Offset);
    }
}
