using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Settings;

/// <summary>How many passwords are hashed at once, and how many requests wait for it (section <c>Hashing</c>). Immutable.</summary>
internal sealed record HashingSettings
{
    /// <summary>The most that wait, of all addresses together.</summary>
    public const int MaxWaiting = 64;

    /// <summary>
    /// How many are hashed at once; a hash takes a tenth of a second of a core. 1 to the cores; default: all of them but one, which stays
    /// free for everything else, at least 1.
    /// </summary>
    public int AtOnce { get; init; } = Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>The most that wait of one address (of IPv6: of a /64), 1 to 64. Default 4.</summary>
    [WholeNumber(1, MaxWaiting, "requests")]
    public int WaitingPerAddress { get; init; } = 4;

    /// <summary>The most that wait of one account, existing or not, 1 to 64. Default 4.</summary>
    [WholeNumber(1, MaxWaiting, "requests")]
    public int WaitingPerAccount { get; init; } = 4;

    /// <summary>How many seconds a request waits before it is answered 503, 1 to 10. Default 2.</summary>
    [WholeNumber(1, 10, "seconds")]
    public int WaitSeconds { get; init; } = 2;

    /// <summary>How long a request waits.</summary>
    public TimeSpan Wait => TimeSpan.FromSeconds(WaitSeconds);

    public static HashingSettings Read(IConfiguration configuration, List<InvalidValue> errors) => SettingsText.Read<HashingSettings>(
        configuration,
        "Hashing",
        errors,
        (nameof(AtOnce), new WholeNumberAttribute(1, Environment.ProcessorCount, "hashings, as many as there are cores")));
}
