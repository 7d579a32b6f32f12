using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Settings;

/// <summary>The bounds of accounts' sessions (section <c>Accounts</c>). Immutable.</summary>
internal sealed record AccountSettings
{
    /// <summary>How many sessions a user has at once, 1 to 1,000; the oldest ends for the next. Default 20.</summary>
    [WholeNumber(1, 1_000, "sessions")]
    public int MaxSessions { get; init; } = 20;

    /// <summary>How many days a session lasts at most, however often its refresh token is exchanged, 1 to 3,650. Default 90.</summary>
    [WholeNumber(1, 3_650, "days")]
    public int SessionDays { get; init; } = 90;

    /// <summary>How long a session lasts at most.</summary>
    public TimeSpan SessionLifetime => TimeSpan.FromDays(SessionDays);

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="errors">Where to what is wrong goes.</param>
    public static AccountSettings Read(IConfiguration configuration, List<InvalidValue> errors) =>
        SettingsText.Read<AccountSettings>(configuration, "Accounts", errors);
}
