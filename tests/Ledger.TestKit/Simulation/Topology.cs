namespace Ledger.TestKit.Simulation;

/// <summary>Who is linked to whom.</summary>
public static class Topology
{
    /// <summary>
    /// A connected random graph in which every node has the same number of neighbours; each link once, the one who
    /// dialled first.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such graph.</exception>
    public static IReadOnlyList<(int Dialler, int Dialled)> Regular(int nodes, int degree, Random random)
    {
        if (degree >= nodes || degree < 2 || nodes * degree % 2 != 0)
            throw new ArgumentException("There is no connected graph with so many neighbours each.", nameof(degree));
        while (true)
        {
            // Pair half-links at random; begin again where a link would be doubled or closed on itself.
            int[] halves = [.. Enumerable.Range(0, nodes * degree).Select(half => half / degree)];
            random.Shuffle(halves);
            (int, int)[] links = [.. halves.Chunk(2).Select(pair => (pair[0], pair[1]))];
            bool simple = links.All(link => link.Item1 != link.Item2)
                && links.Select(link => (Math.Min(link.Item1, link.Item2), Math.Max(link.Item1, link.Item2)))
                    .Distinct().Count() == links.Length;
            if (simple && IsConnected(nodes, links))
                return links;
        }
    }

    private static bool IsConnected(int nodes, (int A, int B)[] links)
    {
        HashSet<int> reached = [0];
        while (true)
        {
            int before = reached.Count;
            foreach ((int a, int b) in links)
            {
                if (reached.Contains(a) || reached.Contains(b))
                    reached.UnionWith([a, b]);
            }
            if (reached.Count == before)
                return before == nodes;
        }
    }
}
