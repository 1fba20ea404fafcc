namespace Ledger.Core.Hashing;

/// <summary>
/// Inputs of one hash function that are to be hashed side by side. Each is a prefix and a message; neither may change
/// while the hashing runs.
/// </summary>
public interface ILaneInputs
{
    int Count { get; }

    /// <summary>What comes before the message; may be empty.</summary>
    ReadOnlySpan<byte> Prefix(int index);

    ReadOnlySpan<byte> Message(int index);

    /// <summary>Where the hash goes: at most as many bytes as the function gives before it permutes again.</summary>
    Span<byte> Output(int index);
}

/// <summary>
/// Hashes many inputs of any lengths at once: each lane of <see cref="KeccakLanes"/> works on one, and takes the next as
/// soon as it is done. Gives what <see cref="Sponge"/> gives for each.
/// </summary>
public static class LaneHash
{
    private const int Idle = -1;

    /// <summary>SHAKE256 of each input.</summary>
    public static void Shake256<T>(T inputs)
        where T : ILaneInputs, allows ref struct => Run(Sponge.Shake256Rate, Sponge.ShakeSuffix, inputs);

    /// <summary>SHA3-512 of each input; outputs of 64 bytes.</summary>
    public static void Sha3Of512<T>(T inputs)
        where T : ILaneInputs, allows ref struct => Run(Sponge.Sha3Of512Rate, Sponge.Sha3Suffix, inputs);

    private static void Run<T>(int rate, byte suffix, T inputs)
        where T : ILaneInputs, allows ref struct
    {
        KeccakLanes states = default;
        Span<int> items = stackalloc int[KeccakLanes.Count];
        Span<int> positions = stackalloc int[KeccakLanes.Count];
        Span<bool> done = stackalloc bool[KeccakLanes.Count];
        int count = inputs.Count;
        int next = Math.Min(count, KeccakLanes.Count);
        int lanes = next;
        for (int lane = 0; lane < lanes; lane++)
        {
            items[lane] = lane;
        }

        while (lanes > 0)
        {
            if (LaneBlocks.IsSupported && !items.Contains(Idle) && lanes == KeccakLanes.Count)
            {
                AbsorbTogether(ref states, rate, inputs, items, positions);
            }

            for (int lane = 0; lane < lanes; lane++)
            {
                if (items[lane] != Idle)
                {
                    done[lane] = states.AbsorbBlock(
                        lane, rate, suffix, ref positions[lane],
                        inputs.Prefix(items[lane]), inputs.Message(items[lane]));
                }
            }

            states.Permute(lanes);
            for (int lane = 0; lane < lanes; lane++)
            {
                if (items[lane] != Idle && done[lane])
                {
                    states.Read(lane, inputs.Output(items[lane]));
                    states.Clear(lane);
                    positions[lane] = 0;
                    items[lane] = next < count ? next++ : Idle;
                }
            }

            while (lanes > 0 && items[lanes - 1] == Idle)
            {
                lanes--;
            }
        }
    }

    /// <summary>The whole blocks that all lanes have before them, where none has still a prefix to take.</summary>
    private static void AbsorbTogether<T>(
        ref KeccakLanes states, int rate, T inputs, ReadOnlySpan<int> items, Span<int> positions)
        where T : ILaneInputs, allows ref struct
    {
        LaneBlocks blocks = new(
            Rest(inputs, items[0], positions[0]), Rest(inputs, items[1], positions[1]),
            Rest(inputs, items[2], positions[2]), Rest(inputs, items[3], positions[3]),
            Rest(inputs, items[4], positions[4]), Rest(inputs, items[5], positions[5]),
            Rest(inputs, items[6], positions[6]), Rest(inputs, items[7], positions[7]));
        int taken = states.AbsorbBlocks(blocks, rate);
        foreach (ref int position in positions)
        {
            position += taken;
        }
    }

    private static ReadOnlySpan<byte> Rest<T>(T inputs, int item, int position)
        where T : ILaneInputs, allows ref struct
    {
        int prefix = inputs.Prefix(item).Length;
        return position < prefix ? default : inputs.Message(item)[(position - prefix)..];
    }
}
