using System.Numerics;
using Ledger.Proofs.Spv;

namespace Ledger.Proofs.Tests.Spv;

public class BitcoinHeaderTests
{
    [Fact]
    public void The_genesis_header_has_the_hash_that_the_world_knows_and_its_work()
    {
        BitcoinHeader genesis = Parse(MainnetBlocks.FirstThreeHeaders[..80]);

        Assert.Equal(MainnetBlocks.GenesisHash, genesis.Hash.ToString());
        Assert.True(genesis.Previous.Value.IsZero);
        Assert.Equal(1_231_006_505_000UL, genesis.Time.Milliseconds);
        Assert.Equal(0x1d00ffffu, genesis.Target.Bits);
        Assert.True(genesis.MeetsTarget(out BigInteger target, out _));
        Assert.Equal(BigInteger.One, Work.DifficultyOf(target));
        Assert.Equal(new BigInteger(0x1_0001_0001), Work.OfTarget(target).Hashes);
    }

    [Fact]
    public void Block_100000_has_the_hash_and_difficulty_that_the_world_knows()
    {
        BitcoinHeader header = Parse(MainnetBlocks.Block100000Header);

        Assert.Equal(MainnetBlocks.Block100000Hash, header.Hash.ToString());
        Assert.True(header.MeetsLimit(BitcoinNetwork.Main, out BigInteger target, out _));
        Assert.Equal(new BigInteger(14_484), Work.DifficultyOf(target));
    }

    [Fact]
    public void Block_800000_meets_the_floor_of_main_and_block_100000_does_not()
    {
        BitcoinHeader modern = Parse(MainnetBlocks.Block800000Header);
        Assert.Equal(MainnetBlocks.Block800000Hash, modern.Hash.ToString());
        Assert.True(modern.MeetsFloor(BitcoinNetwork.Main, out BigInteger target, out SpvError error), error.Reason);
        Assert.Equal(new BigInteger(53_911_173_001_054), Work.DifficultyOf(target));

        Assert.False(Parse(MainnetBlocks.Block100000Header).MeetsFloor(BitcoinNetwork.Main, out _, out error));
        Assert.Equal(new SpvError(SpvFault.TargetAboveFloor, 72), error);
        Assert.Equal(SpvStep.Floor, error.Step);
    }

    [Fact]
    public void A_header_with_any_one_bit_changed_has_lost_its_work()
    {
        Assert.True(Parse(MainnetBlocks.Block800000Header).MeetsFloor(BitcoinNetwork.Main, out _, out _));
        for (int bit = 0; bit < BitcoinHeader.Size * 8; bit++)
        {
            byte[] changed = MainnetBlocks.Block800000Header.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));

            Assert.False(Parse(changed).MeetsFloor(BitcoinNetwork.Main, out _, out _), $"bit {bit}");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(79)]
    [InlineData(81)]
    public void A_header_has_80_bytes_and_no_other_number(int length)
    {
        Assert.True(BitcoinHeader.TryParse(new byte[80], out _, out _));
        Assert.False(BitcoinHeader.TryParse(new byte[length], out _, out SpvError error));
        Assert.Equal(new SpvError(SpvFault.HeaderLength, Math.Min(length, 80)), error);
    }

    [Fact]
    public void A_hash_above_the_target_is_no_work()
    {
        byte[] eased = MainnetBlocks.Block800000Header.ToArray();
        Assert.True(Parse(eased).MeetsTarget(out _, out _));
        eased[76]++;

        Assert.False(Parse(eased).MeetsTarget(out _, out SpvError error));
        Assert.Equal(SpvFault.WorkMissing, error.Fault);
        Assert.Equal(SpvStep.Work, error.Step);
    }

    [Fact]
    public void A_regtest_header_is_refused_when_it_is_called_main()
    {
        BitcoinHeader header = Parse(TestProof.Mine(new byte[32], 0x207fffff));
        Assert.True(header.MeetsFloor(BitcoinNetwork.Regtest, out _, out _));

        Assert.False(header.MeetsFloor(BitcoinNetwork.Main, out _, out SpvError error));
        Assert.Equal(new SpvError(SpvFault.TargetAboveLimit, 72), error);
    }

    [Fact]
    public void Floors_are_no_easier_than_limits_and_only_main_proves_time()
    {
        Assert.All(BitcoinNetwork.All, network => Assert.True(network.Floor <= network.Limit, network.Name));
        Assert.Equal([BitcoinNetwork.Main], BitcoinNetwork.All.Where(network => network.ProvesTime));
        Assert.Equal(new BigInteger(10_000_000_000_000), Work.DifficultyOf(BitcoinNetwork.Main.Floor));
        Assert.Equal(0x1e0377aeu, CompactTarget.Of(BitcoinNetwork.Signet.Limit).Bits);
        Assert.Equal(0x207fffffu, CompactTarget.Of(BitcoinNetwork.Regtest.Limit).Bits);
        Assert.Equal(0x1d00ffffu, CompactTarget.Of(BitcoinNetwork.Testnet4.Limit).Bits);
        Assert.True(BitcoinNetwork.TryFind("signet", out BitcoinNetwork? found));
        Assert.Same(BitcoinNetwork.Signet, found);
        Assert.False(BitcoinNetwork.TryFind("Main", out _));
    }

    private static BitcoinHeader Parse(byte[] bytes)
    {
        Assert.True(BitcoinHeader.TryParse(bytes, out BitcoinHeader? header, out _));
        return header;
    }
}
