namespace OrleansLimiter.SaleBench.Check;

/// <summary>
/// The greatest value at any position up to one, where values are added in any order: a Fenwick tree. Not for several threads.
/// </summary>
internal sealed class PrefixMaximum
{
    private readonly long[] _tree;

    /// <summary>Starts with nothing.</summary>
    /// <param name="positions">The greatest position; the least is 1.</param>
    public PrefixMaximum(int positions)
    {
        _tree = new long[positions + 1];
        Array.Fill(_tree, long.MinValue);
    }

    /// <summary>Adds a value.</summary>
    public void Add(int position, long value)
    {
        for (var i = position; i < _tree.Length; i += i & -i)
            _tree[i] = Math.Max(_tree[i], value);
    }

    /// <summary>The greatest value at this position or a smaller one.</summary>
    public long UpTo(int position)
    {
        var greatest = long.MinValue;
        for (var i = position; i > 0; i -= i & -i)
            greatest = Math.Max(greatest, _tree[i]);
        return greatest;
    }
}
