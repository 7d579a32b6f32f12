using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace OrleansLimiter.Limiter;

/// <summary>
/// Policies by name, whose upper case does not matter, as in configuration: names are kept in lower case. Two names that code gives and that differ
/// in case alone are noted, to be refused with all else that is wrong. Used by one thread at start.
/// </summary>
internal sealed class PolicyTable : IDictionary<string, PolicyOptions>
{
    private readonly Dictionary<string, PolicyOptions> _policies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _spellings = new(StringComparer.Ordinal);
    private readonly List<(string Name, string Other)> _clashes = [];

    /// <summary>Names that code gave beside another that differs in case alone.</summary>
    public IReadOnlyList<(string Name, string Other)> Clashes => _clashes;

    /// <inheritdoc />
    public ICollection<string> Keys => _policies.Keys;

    /// <inheritdoc />
    public ICollection<PolicyOptions> Values => _policies.Values;

    /// <inheritdoc />
    public int Count => _policies.Count;

    /// <inheritdoc />
    public bool IsReadOnly => false;

    /// <inheritdoc />
    public PolicyOptions this[string key]
    {
        get => _policies[Lower(key)];
        set
        {
            var name = Lower(key);
            if (_policies.ContainsKey(name) && _spellings.TryGetValue(name, out var other) && other != key)
                _clashes.Add((key, other));
            _spellings[name] = key;
            _policies[name] = value;
        }
    }

    /// <summary>From here on code names policies: it may put its own in the place of one that was there before, however it spells the name.</summary>
    public void ForgetSpellings() => _spellings.Clear();

    /// <inheritdoc />
    public void Add(string key, PolicyOptions value)
    {
        _policies.Add(Lower(key), value);
        _spellings[Lower(key)] = key;
    }

    /// <inheritdoc />
    public void Add(KeyValuePair<string, PolicyOptions> item) => Add(item.Key, item.Value);

    /// <inheritdoc />
    public bool Remove(string key) => _policies.Remove(Lower(key));

    /// <inheritdoc />
    public bool Remove(KeyValuePair<string, PolicyOptions> item) => Contains(item) && Remove(item.Key);

    /// <inheritdoc />
    public void Clear() => _policies.Clear();

    /// <inheritdoc />
    public bool ContainsKey(string key) => _policies.ContainsKey(Lower(key));

    /// <inheritdoc />
    public bool Contains(KeyValuePair<string, PolicyOptions> item) => TryGetValue(item.Key, out var policy) && ReferenceEquals(policy, item.Value);

    /// <inheritdoc />
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out PolicyOptions value) => _policies.TryGetValue(Lower(key), out value);

    /// <inheritdoc />
    public void CopyTo(KeyValuePair<string, PolicyOptions>[] array, int arrayIndex) =>
        ((ICollection<KeyValuePair<string, PolicyOptions>>)_policies).CopyTo(array, arrayIndex);

    /// <inheritdoc />
    public IEnumerator<KeyValuePair<string, PolicyOptions>> GetEnumerator() => _policies.GetEnumerator();

    /// <inheritdoc />
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static string Lower(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.ToLowerInvariant();
    }
}
