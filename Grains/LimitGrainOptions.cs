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
        Bounded(nameof(MaxActiveKeys), MaxActiveKeys);
        if (MaxActiveKeysPerTenant < 1 || MaxActiveKeysPerTenant > MaxActiveKeys)
            throw new ArgumentOutOfRangeException(
                nameof(MaxActiveKeysPerTenant), Text(MaxActiveKeysPerTenant.Value),
                "MaxActiveKeysPerTenant must be from 1 to MaxActiveKeys.");
        Bounded(nameof(MaxActiveOwnKeys), MaxActiveOwnKeys ?? 1);
        if (OwnPolicies < 1)
            throw new ArgumentOutOfRangeException(nameof(OwnPolicies), Text(OwnPolicies), "OwnPolicies must be at least 1.");
        if (SnapshotInterval <= TimeSpan.Zero || SnapshotInterval > MaxSnapshotInterval)
            throw new ArgumentOutOfRangeException(
                nameof(SnapshotInterval), SnapshotInterval.ToString("c", CultureInfo.InvariantCulture),
                "SnapshotInterval must be more than 0 and at most 1 hour.");
    }

    private static void Bounded(string name, long keys)
    {
        if (keys < 1)
            throw new ArgumentOutOfRangeException(name, Text(keys), $"{name} must be at least 1.");
        if (keys > QuotaSizes.MostKeys)
            throw new ArgumentOutOfRangeException(
                name, Text(keys), string.Create(CultureInfo.InvariantCulture, $"{name} must be at most {QuotaSizes.MostKeys:N0}."));
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
