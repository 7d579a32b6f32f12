namespace OrleansLimiter.ClusterBench.Http;

/// <summary>Who decided, by the answer's <c>source</c>.</summary>
internal enum AnswerSource : byte
{
    /// <summary>The answer names nobody.</summary>
    None,
    Memory,
    Cluster,
    Redis,
    Lease,
    Local,

    /// <summary>A name that is not in the contract.</summary>
    Unknown,
}

internal static class AnswerSources
{
    public static readonly AnswerSource[] All = Enum.GetValues<AnswerSource>();

    public static AnswerSource Parse(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("cluster"u8) ? AnswerSource.Cluster
        : name.SequenceEqual("local"u8) ? AnswerSource.Local
        : name.SequenceEqual("memory"u8) ? AnswerSource.Memory
        : name.SequenceEqual("redis"u8) ? AnswerSource.Redis
        : name.SequenceEqual("lease"u8) ? AnswerSource.Lease
        : AnswerSource.Unknown;
}
