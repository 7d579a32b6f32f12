using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Hosting.Settings;

/// <summary>What section <c>Cluster</c> says. A front end refuses a name that is none whichever engine it has.</summary>
internal sealed class ClusterSection
{
    public const string Name = "Cluster";

    /// <summary>The most keys of callers that a silo holds, 1 to 100,000,000.</summary>
    [WholeNumber(1, LimiterOptions.MostKeys)]
    public long? MaxActiveKeys { get; set; }

    /// <summary>The most of one tenant, 1 to <see cref="MaxActiveKeys"/>.</summary>
    [WholeNumber(1, LimiterOptions.MostKeys)]
    public long? MaxActiveKeysPerTenant { get; set; }

    /// <summary>The most of the service's own limits, beside those, 1 to 100,000,000.</summary>
    [WholeNumber(1, LimiterOptions.MostKeys)]
    public long? MaxActiveOwnKeys { get; set; }

    /// <summary>How long after a change a key is stored, 1 ms to 1 h.</summary>
    [Duration(1, 3_600_000, "must be 1 ms to 1 h, as in 10s or 00:00:10")]
    public TimeSpan? SnapshotInterval { get; set; }

    /// <summary>
    /// How long silos wait for each other's answer, three times in a row, before one is voted out. 100 ms to 30 s, default 500 ms.
    /// </summary>
    [Duration(100, 30_000, "must be 100 ms to 30 s, as in 500ms or 00:00:00.5")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether a front end's process is a silo too. Default false.</summary>
    public bool CoHosted { get; set; }

    /// <summary>Complains about names that are none, and about nothing else.</summary>
    public static void CheckNames(IConfiguration configuration, ICollection<InvalidValue> errors) =>
        SettingsText.RejectOthers(configuration.GetSection(Name), SettingShape.NamesOf(typeof(ClusterSection)), errors);
}
