namespace Ledger.Network.PubSub;

/// <summary>A peer as the router knows it: a text that stands for the same peer whenever it comes back.</summary>
internal readonly record struct PeerName(string Text) : IComparable<PeerName>
{
    public static bool operator <(PeerName left, PeerName right) => left.CompareTo(right) < 0;

    public static bool operator >(PeerName left, PeerName right) => left.CompareTo(right) > 0;

    public static bool operator <=(PeerName left, PeerName right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PeerName left, PeerName right) => left.CompareTo(right) >= 0;

    public int CompareTo(PeerName other) => string.CompareOrdinal(Text, other.Text);

    public override string ToString() => Text;
}
