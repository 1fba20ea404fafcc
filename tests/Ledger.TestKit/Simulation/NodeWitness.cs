using Ledger.Consensus;
using Ledger.Runtime;
using Ledger.Runtime.Ports;

namespace Ledger.TestKit.Simulation;

/// <summary>
/// Sees what one virtual node does, at the very moment. By throwing <see cref="PowerLostException"/> it ends the node
/// right there.
/// </summary>
internal class NodeWitness
{
    public static NodeWitness None { get; } = new();

    /// <summary>A deliberate bug: a write that found no space is taken for done.</summary>
    public virtual bool TakesFullForDone => false;

    /// <summary>A batch is about to be written.</summary>
    public virtual void Writing(StoreBatch batch)
    {
    }

    /// <summary>The store has said that it is durable; the node does not know yet.</summary>
    public virtual void Written(StoreBatch batch)
    {
    }

    /// <summary>A message of consensus is on its way to everybody.</summary>
    public virtual void Said(ReadOnlyMemory<byte> message)
    {
    }

    /// <summary>The replica took an input, none at its start; the effects are not carried out yet.</summary>
    public virtual void Stepped(Input? input, IReadOnlyList<Effect> effects)
    {
    }

    public virtual void Happened(NodeEvent happened)
    {
    }

    /// <summary>The node is down since one of these threw.</summary>
    public virtual void PowerLost()
    {
    }

    /// <summary>The node's loop ended with an exception of its own: it must not go on.</summary>
    /// <returns>Whether that is expected; otherwise the exception goes to whoever runs the node.</returns>
    public virtual bool Died(Exception reason) => false;
}

/// <summary>The node ends at this point, as with its power: what is not durable is gone.</summary>
internal sealed class PowerLostException() : Exception("The power is lost.");
