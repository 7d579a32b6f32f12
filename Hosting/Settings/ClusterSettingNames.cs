namespace OrleansLimiter.Hosting.Settings;

/// <summary>The settings of a cluster, by name: a front end refuses a mistyped one whichever engine it has.</summary>
internal static class ClusterSettingNames
{
    /// <summary>Where they are.</summary>
    public const string Section = "Cluster";

    /// <summary>All of them, without the section.</summary>
    public static readonly string[] All = ["MaxActiveKeys", "MaxActiveKeysPerTenant", "MaxActiveOwnKeys", "SnapshotInterval", "ProbeTimeout", "CoHosted"];
}
