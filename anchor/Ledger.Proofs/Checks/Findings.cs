using Ledger.Records;

namespace Ledger.Proofs.Checks;

/// <summary>One thing that is wrong, and the first record that rests on it.</summary>
internal readonly record struct Finding(int Index, Layer Layer, string Reason);

/// <summary>Everything found wrong. A file is judged whole; the verdict names the first record that fails.</summary>
internal sealed class Findings
{
    private readonly List<Finding> _all = [];

    public bool Any => _all.Count > 0;

    public void Add(int index, Layer layer, string reason) => _all.Add(new Finding(index, layer, reason));

    public bool Has(Layer layer) => _all.Exists(finding => finding.Layer == layer);

    /// <summary>Smallest index; at one index the layer that is asked first.</summary>
    public Finding First()
    {
        Finding first = _all[0];
        foreach (Finding finding in _all)
        {
            if (finding.Index < first.Index || (finding.Index == first.Index && finding.Layer < first.Layer))
            {
                first = finding;
            }
        }

        return first;
    }
}
