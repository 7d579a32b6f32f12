using System.Globalization;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Grains;

/// <summary>How a silo keeps its keys.</summary>
public sealed class LimitGrainOptions
{
    /// <summary>The name of the grain storage that snapshots go to. Without a provider of that name nothing is stored.</summary>
    public const string StorageName = "limits";

    /// <summary>The default of <see cref="MaxActiveKeys"/>.</summary>
    public const long DefaultMaxActiveKeys = 1_000_000;

    /// <summary>The default of <see cref="SnapshotInterval"/>.</summary>
    public static readonly TimeSpan DefaultSnapshotInterval = TimeSpan.FromSeconds(10);

    /// <summary>The longest <see cref="SnapshotInterval"/>.</summary>
    public static readonly TimeSpan MaxSnapshotInterval = TimeSpan.FromHours(1);

    /// <summary>What a plain key takes of a silo's memory: its activation, all that Orleans keeps of it included.</summary>
    internal const int ActivationBytes = 2_048;

    private const int DefaultOwnPolicies = 16;

    /// <summary>
    /// The most keys of all callers' tenants that a silo holds at once; a further one is answered with an overloaded fault. 1 to
    /// 1,000,000,000,000; default 1,000,000. These three are numbers of plain keys, of 2 kB each: one with a long log, many leases or
    /// request ids counts for as many as it takes the bytes of.
    /// </summary>
    public long MaxActiveKeys { get; set; } = DefaultMaxActiveKeys;

    /// <summary>
    /// The most keys of one tenant; a further one is answered that the key table is full. 1 to <see cref="MaxActiveKeys"/>; default (null)
    /// a quarter of it, at least 1.
    /// </summary>
    public long? MaxActiveKeysPerTenant { get; set; }

    /// <summary>
    /// The most keys of the tenant <c>~app</c>, beside <see cref="MaxActiveKeys"/>: no caller can use them up. 1 to 1,000,000,000,000;
    /// default (null) half of <see cref="MaxActiveKeys"/>, at least 1,000. Half of it is reserved in equal parts for its policies, the
    /// other half is for any of them.
    /// </summary>
    public long? MaxActiveOwnKeys { get; set; }

    /// <summary>
    /// Among how many policies half of <see cref="MaxActiveOwnKeys"/> is divided. At least 1; default 16: the service has eleven.
    /// </summary>
    public int OwnPolicies { get; set; } = DefaultOwnPolicies;

    /// <summary>The quotas in bytes.</summary>
    internal QuotaSizes Sizes => QuotaSizes.OfKeys(ActivationBytes, MaxActiveKeys, MaxActiveKeysPerTenant, MaxActiveOwnKeys, OwnPolicies);

    /// <summary>
    /// How long after a change a durable key is stored: what a crash forgets at most. More than 0, at most 1 h; default 10 s.
    /// </summary>
    public TimeSpan SnapshotInterval { get; set; } = DefaultSnapshotInterval;

    /// <summary>Refuses numbers out of bounds.</summary>
    internal void Validate()
    {
        KeyBounds.Require(
            (nameof(MaxActiveKeys), MaxActiveKeys), (nameof(MaxActiveKeysPerTenant), MaxActiveKeysPerTenant),
            (nameof(MaxActiveOwnKeys), MaxActiveOwnKeys), (nameof(OwnPolicies), OwnPolicies));
        if (SnapshotInterval <= TimeSpan.Zero || SnapshotInterval > MaxSnapshotInterval)
            throw new ArgumentOutOfRangeException(
                nameof(SnapshotInterval), SnapshotInterval.ToString("c", CultureInfo.InvariantCulture),
                "SnapshotInterval must be more than 0 and at most 1 hour.");
    }
}
