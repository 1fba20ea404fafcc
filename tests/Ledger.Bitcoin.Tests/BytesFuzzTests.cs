using Ledger.Bitcoin.Blocks;
using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Proofs.Spv;
using Ledger.Proofs.Tests.Spv;

namespace Ledger.Bitcoin.Tests;

/// <summary>Any bytes at all: a value or a reason with an offset inside the bytes, and never an exception.</summary>
[Trait("Tier", "fuzz")]
public class BytesFuzzTests
{
    private static int Cases =>
        int.TryParse(Environment.GetEnvironmentVariable("LEDGER_FUZZ_CASES"), out int cases) ? cases : 2_000;

    [Fact]
    public void Blocks_and_transactions()
    {
        byte[] transaction = TestProof.Transaction(TestProof.Block);
        byte[] witness = [.. transaction[..4], 0, 1, .. transaction[4..^4], 1, 2, 7, 7, .. transaction[^4..]];
        byte[] four = [.. MainnetBlocks.Block100000Transactions.SelectMany(bytes => bytes)];
        byte[] block = [.. MainnetBlocks.Block100000Header, 4, .. four];
        Assert.True(WitnessTransaction.TryStrip(witness, out _, out _));
        Assert.True(RawBlock.TryParse(block, out _, out _));

        foreach (byte[] changed in Mutations([transaction, witness, block]))
        {
            Judge(BitcoinTransaction.TryParse(changed, out _, out SpvError error), error, changed);
            Judge(WitnessTransaction.TryStrip(changed, out _, out error), error, changed);
            Judge(RawBlock.TryParse(changed, out _, out error), error, changed);
            Judge(HeaderChain.TryParse(changed, BitcoinNetwork.Regtest, out _, out error), error, changed);
        }

        static void Judge(bool read, SpvError error, byte[] bytes)
        {
            Assert.Equal(read, error.Fault == SpvFault.None);
            Assert.InRange(error.Offset, 0, bytes.Length);
            Assert.NotEmpty(error.Reason);
        }
    }

    [Fact]
    public void Timestamps()
    {
        OtsPath path = new OtsPath(Digest.Zero).Prepend([0]).Sha256().Append("x"u8).Sha256();
        Assert.True(path.TryEnd(new OtsAttestation.Bitcoin(new(800_000)), out OtsTimestamp? timestamp, out _));
        OtsTimestamp fork = OtsTimestamp.Of(
            [new OtsAttestation.Pending("https://calendar.example"), new OtsAttestation.Bitcoin(new(3))],
            [
                new OtsBranch(OtsOperation.Sha256, timestamp),
                new OtsBranch(OtsOperation.Append(new byte[9]), timestamp),
            ]);
        byte[] sound = new OtsFile(Digest.Zero, fork).Encode();
        Assert.True(OtsFile.TryDecode(sound, out _, out _));

        foreach (byte[] changed in Mutations([sound]))
        {
            bool read = OtsFile.TryDecode(changed, out OtsFile? file, out OtsError error);
            Assert.Equal(read, error.Fault == OtsFault.None);
            Assert.InRange(error.Offset, 0, changed.Length);
            if (file is not null)
            {
                Assert.True(OtsFile.TryDecode(file.Encode(), out OtsFile? again, out error), error.Reason);
                Assert.Equal(file.Encode(), again.Encode());
            }
        }
    }

    private static IEnumerable<byte[]> Mutations(byte[][] sound)
    {
        for (int seed = 0; seed < Cases; seed++)
        {
            var random = new Random(seed);
            var bytes = sound[random.Next(sound.Length)].ToList();
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                int at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.Insert(at, (byte)random.Next(256));
                        break;
                    case 2:
                        bytes[at] = (byte)(random.Next(2) == 0 ? 0xff : 0);
                        break;
                    default:
                        bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at - 1));
                        break;
                }
            }

            yield return [.. bytes];
        }
    }
}
