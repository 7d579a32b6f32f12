using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Settings;

/// <summary>What the shop's variables say, checked. Immutable; made once, before anything else.</summary>
/// <param name="Database">Where accounts and tickets are kept (<c>DATABASE_URL</c>).</param>
/// <param name="Tokens">What signs access tokens (<c>JWT_SECRET</c>).</param>
/// <param name="Valve">What sales' queue valves are set up with, and what signs admissions (<c>Valve</c>, <c>QUEUE_TOKEN_KEYS</c>).</param>
/// <param name="Hashing">How many passwords are hashed and wait for it (<c>Hashing</c>).</param>
/// <param name="Accounts">The bounds of accounts' sessions (<c>Accounts</c>).</param>
internal sealed record ShopSettings(
    DatabaseSettings Database, TokenSettings Tokens, ValveSettings Valve, HashingSettings Hashing, AccountSettings Accounts)
{
    /// <summary>Reads and checks the variables; the default stands in for what is wrong.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="isDevelopment">Whether the service is for this machine only.</param>
    /// <param name="isShared">Whether other front ends must know the same secret.</param>
    /// <param name="errors">Where messages go: each names the variable, its value and the rule.</param>
    public static ShopSettings Read(IConfiguration configuration, bool isDevelopment, bool isShared, List<InvalidValue> errors)
    {
        var database = DatabaseSettings.Read(configuration, isDevelopment, errors);
        var tokens = TokenSettings.Read(configuration, isDevelopment, isShared, errors);
        var accounts = AccountSettings.Read(configuration, errors);
        var valve = ValveSettings.Read(configuration, isDevelopment, tokens, errors);
        var hashing = HashingSettings.Read(configuration, errors);
        return new ShopSettings(database, tokens, valve, hashing, accounts);
    }
}
