using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Settings;

namespace OrleansLimiter.Shop.Settings;

/// <summary>The bounds of accounts' sessions (section <c>Accounts</c>). Immutable.</summary>
/// <param name="MaxSessions">How many sessions a user has at once (<c>Accounts:MaxSessions</c>), 1 to 1,000; the oldest ends for the next. Default 20.</param>
/// <param name="SessionLifetime">How long a session lasts at most, however often its refresh token is exchanged (<c>Accounts:SessionDays</c>), 1 to 3,650 days. Default 90 days.</param>
internal sealed record AccountSettings(int MaxSessions, TimeSpan SessionLifetime)
{
    private const int DefaultMaxSessions = 20;
    private const int MostSessions = 1_000;
    private const int DefaultSessionDays = 90;
    private const int MostDays = 3_650;
    private static readonly string[] Names = ["MaxSessions", "SessionDays"];

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="errors">Where to what is wrong goes.</param>
    public static AccountSettings Read(IConfiguration configuration, List<InvalidValue> errors)
    {
        MisspelledSettings.CheckSection(configuration, "Accounts", Names, errors);
        return new AccountSettings(
            WholeNumber.Read(configuration, "Accounts:MaxSessions", DefaultMaxSessions, 1, MostSessions, "sessions", errors),
            TimeSpan.FromDays(WholeNumber.Read(configuration, "Accounts:SessionDays", DefaultSessionDays, 1, MostDays, "days", errors)));
    }
}
