using System.Diagnostics.Metrics;
using OrleansLimiter.Logging;
using OrleansLimiter.Metrics;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// Counts access tokens that were refused, on the meter <c>OrleansLimiter</c>, and tells of them in one line a second. The framework's own
/// lines hold what the sender wrote, as many and as long as the sender likes: they are switched off. Safe for use by many threads.
/// </summary>
internal sealed partial class TokenRefusals
{
    /// <summary>The counter, in <c>{token}</c>; tag <c>reason</c>: one of the names here.</summary>
    public const string Name = "orleanslimiter.tokens.refused";

    /// <summary>It is no token of this service, or not good any more.</summary>
    public const string NotGood = "notGood";

    /// <summary>
    /// It is signed, but says something that this service does not understand and must not pass over, or leaves out whom it speaks for.
    /// </summary>
    public const string Odd = "odd";

    /// <summary>It speaks for nobody who has an account.</summary>
    public const string UnknownUser = "unknownUser";

    private readonly Counter<long> _refused;
    private readonly LogPacer _pace;
    private readonly ILogger _logger;

    public TokenRefusals(IMeterFactory meters, TimeProvider time, ILogger<TokenRefusals> logger)
    {
        _refused = meters.Create(LimiterMetrics.MeterName).CreateCounter<long>(Name, "{token}", "Access tokens that were refused.");
        (_pace, _logger) = (new LogPacer(time), logger);
    }

    public void Count(string reason)
    {
        _refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
        if (_pace.IsDue(out var count))
            LogRefused(_logger, count, reason);
    }

    [LoggerMessage(EventId = 1, EventName = "TokensRefused", Level = LogLevel.Information,
        Message = "Access tokens were refused, {Count} since the last such line; the last one: {Reason}.")]
    private static partial void LogRefused(ILogger logger, long count, string reason);
}
