using System.Globalization;
using OrleansLimiter.Hosting.Reading;

namespace OrleansLimiter.Api.Limits;

/// <summary>Reads the query of a check.</summary>
internal static class LimitQuery
{
    private const int LongestShown = 32;

    /// <summary>Reads the call of a check.</summary>
    /// <param name="query">The query as sent, with its question mark.</param>
    /// <param name="call">The call; as far as it was read, if there is an error.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static RequestError? ReadCall(ReadOnlySpan<char> query, out LimitCall call)
    {
        call = default;
        if (QueryReader.UnknownIn(query, "key", "policy", "cost", "tenant") is { } unknown)
            return unknown;
        if (QueryReader.ReadText(query, "key", out var key) is { } wrongKey)
            return wrongKey;
        if (QueryReader.ReadText(query, "policy", out var policy) is { } wrongPolicy)
            return wrongPolicy;
        if (QueryReader.ReadText(query, "cost", out var cost) is { } wrongCost)
            return wrongCost;
        call.Key = key;
        call.Policy = policy;
        if (cost is null)
            return null;
        if (!long.TryParse(cost, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count))
            return RequestError.WrongType(
                "cost", $"'{(cost.Length <= LongestShown ? cost : cost[..LongestShown] + "...")}'", LimitCall.CostRule);
        call.Cost = count;
        return null;
    }
}
