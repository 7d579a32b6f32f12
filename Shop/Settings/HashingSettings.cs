using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Settings;

namespace OrleansLimiter.Shop.Settings;

/// <summary>How many passwords are hashed at once, and how many requests wait for it (section <c>Hashing</c>). Immutable.</summary>
/// <param name="AtOnce"><c>Hashing:AtOnce</c>: a hash takes a tenth of a second of a core. Default: all cores but one, which stays free for everything else, at least 1; 1 to the cores.</param>
/// <param name="PerAddress"><c>Hashing:WaitingPerAddress</c>: the most that wait of one address (of IPv6: of a /64). Default 4; 1 to 64.</param>
/// <param name="PerAccount"><c>Hashing:WaitingPerAccount</c>: the most that wait of one account, existing or not. Default 4; 1 to 64.</param>
/// <param name="Wait"><c>Hashing:WaitSeconds</c>: how long a request waits before it is answered 503. Default 2 s; 1 to 10.</param>
internal sealed record HashingSettings(int AtOnce, int PerAddress, int PerAccount, TimeSpan Wait)
{
    /// <summary>The most that wait, of all addresses together.</summary>
    public const int MaxWaiting = 64;

    private const string Section = "Hashing";
    private const int DefaultWaiting = 4;
    private const int DefaultWaitSeconds = 2;
    private static readonly string[] Names = ["AtOnce", "WaitingPerAddress", "WaitingPerAccount", "WaitSeconds"];

    /// <summary>Reads the settings.</summary>
    public static HashingSettings Read(IConfiguration configuration, List<InvalidValue> errors)
    {
        MisspelledSettings.CheckSection(configuration, Section, Names, errors);
        var cores = Environment.ProcessorCount;
        return new HashingSettings(
            WholeNumber.Read(configuration, $"{Section}:AtOnce", Math.Max(1, cores - 1), 1, cores, "hashings, as many as there are cores", errors),
            WholeNumber.Read(configuration, $"{Section}:WaitingPerAddress", DefaultWaiting, 1, MaxWaiting, "requests", errors),
            WholeNumber.Read(configuration, $"{Section}:WaitingPerAccount", DefaultWaiting, 1, MaxWaiting, "requests", errors),
            TimeSpan.FromSeconds(WholeNumber.Read(configuration, $"{Section}:WaitSeconds", DefaultWaitSeconds, 1, 10, "seconds", errors)));
    }
}
