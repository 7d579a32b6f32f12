namespace OrleansLimiter.Hosting.Metrics;

/// <summary>The tags of a series, as a key: equal where names and values are, in the same order. Immutable.</summary>
internal sealed class MetricTags(KeyValuePair<string, object?>[] items)
{
    public IReadOnlyList<KeyValuePair<string, object?>> Items => items;

    /// <summary>Compares series by their tags, and finds one without copying the tags of a measurement.</summary>
    public sealed class Comparer : IEqualityComparer<MetricTags>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>,
        MetricTags>
    {
        public bool Equals(MetricTags? x, MetricTags? y) =>
            ReferenceEquals(x, y) || (x is not null && y is not null && Equals(x.Span, y));

        public int GetHashCode(MetricTags obj) => GetHashCode(obj.Span);

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, MetricTags other)
        {
            var tags = other.Span;
            if (alternate.Length != tags.Length)
                return false;
            for (var i = 0; i < tags.Length; i++)
            {
                if (alternate[i].Key != tags[i].Key || !Equals(alternate[i].Value, tags[i].Value))
                    return false;
            }

            return true;
        }

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate)
        {
            // Names say little: series of one instrument mostly share them.
            var hash = default(HashCode);
            foreach (var tag in alternate)
                hash.Add(tag.Value);
            return hash.ToHashCode();
        }

        public MetricTags Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) => new(alternate.ToArray());
    }

    private ReadOnlySpan<KeyValuePair<string, object?>> Span => items;
}
