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
        HashSet<(int, int)> links = Ring(nodes, degree);
        do
        {
            // Exchanging the ends of two links keeps every node's number of neighbours.
            for (int exchange = 0; exchange < nodes * degree * 8; exchange++)
                Exchange(links, random);
        }
        while (!IsConnected(nodes, links));
        (int, int)[] order = [.. links.Order()];
        random.Shuffle(order);
        return [.. order.Select(link => random.Next(2) == 0 ? link : (link.Item2, link.Item1))];
    }

    // Each node to its nearest on a ring, half on either side, and for an odd degree to the one opposite.
    private static HashSet<(int, int)> Ring(int nodes, int degree)
    {
        HashSet<(int, int)> links = [];
        for (int node = 0; node < nodes; node++)
        {
            for (int step = 1; step <= degree / 2; step++)
                links.Add(Ordered(node, (node + step) % nodes));
            if (degree % 2 != 0)
                links.Add(Ordered(node, (node + nodes / 2) % nodes));
        }
        return links;
    }

    private static void Exchange(HashSet<(int A, int B)> links, Random random)
    {
        (int A, int B)[] order = [.. links];
        (int A, int B) first = order[random.Next(order.Length)], second = order[random.Next(order.Length)];
        if (random.Next(2) == 0)
            second = (second.B, second.A);
        (int A, int B) one = Ordered(first.A, second.B), two = Ordered(second.A, first.B);
        bool simple = one.A != one.B && two.A != two.B && one != two && !links.Contains(one) && !links.Contains(two);
        if (!simple)
            return;
        links.Remove(first);
        links.Remove(Ordered(second.A, second.B));
        links.Add(one);
        links.Add(two);
    }

    private static (int A, int B) Ordered(int a, int b) => (Math.Min(a, b), Math.Max(a, b));

    private static bool IsConnected(int nodes, IReadOnlyCollection<(int A, int B)> links)
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
