namespace OrleansLimiter.Grains;

/// <summary>
/// A name of grain storage for snapshots that need not be kept for ever: a record that nobody asks about again leaves storage by itself.
/// All names are one storage: a record written under one is found under any other.
/// </summary>
/// <param name="StorageName">The name of the grain storage.</param>
/// <param name="Horizon">Snapshots of keys that are whole after this time at the latest go here. The storage keeps them for longer.</param>
internal sealed record ExpiringStorage(string StorageName, TimeSpan Horizon)
{
    /// <summary>
    /// The storages below <see cref="LimitGrainOptions.StorageName"/>, shortest first. A silo may have all, some or none of them.
    /// </summary>
    public static IReadOnlyList<ExpiringStorage> All { get; } =
    [
        new($"{LimitGrainOptions.StorageName}-hour", TimeSpan.FromHours(1)),
        new($"{LimitGrainOptions.StorageName}-day", TimeSpan.FromDays(1)),
        new($"{LimitGrainOptions.StorageName}-month", TimeSpan.FromDays(31)),
    ];
}
