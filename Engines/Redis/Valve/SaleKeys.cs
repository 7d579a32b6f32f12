using System.Text;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis.Valve;

/// <summary>
/// The names of a sale's keys, as <c>valveBegin.lua</c> lists them: all in one slot of a Redis Cluster, and none that a limit's key can
/// have.
/// </summary>
internal static class SaleKeys
{
    private const string Letters = "vspqhtga";

    /// <summary>Writes them.</summary>
    /// <param name="sale">The sale.</param>
    /// <param name="application">What the names begin with (<see cref="RedisEngineOptions.Application"/>).</param>
    public static RedisKey[] Of(SaleId sale, string application = "") =>
        [.. Letters.Select(letter => (RedisKey)Encoding.ASCII.GetBytes(
            $"{ApplicationName.BeginningOf(application)}{letter}{{{sale.Value}}}"))];
}
