using System.Diagnostics.CodeAnalysis;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>What a server is asked about itself. Whatever goes wrong with a question is no answer to it.</summary>
internal static class ServerProbe
{
    private const string Policy = "maxmemory_policy";
    private const string Keeps = "noeviction";
    private const string ReadOnly = "READONLY";

    // No key is made: nothing is written behind the end of nothing.
    private static readonly RedisKey Probed = "orleanslimiter";

    /// <summary>
    /// The code of an exception that says that a server is not, or not yet, one that may be written to; null for any other.
    /// </summary>
    public static string? DemotionOf(RedisLink link, Exception thrown) => thrown switch
    {
        RedisServerException error => RedisFaults.DemotionIn(error.Message),
        TimeoutException => null,

        // The client that has heard that its server is a replica does not ask it any more.
        _ => link.HasReplicasOnly ? ReadOnly : null,
    };

    /// <summary>Asks a server for a write that changes nothing.</summary>
    /// <returns>Whether it can decide; else the code with which it refuses to be written to, where it does, and what was thrown.</returns>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Each call may throw what the client library likes.")]
    public static async Task<(bool IsGood, string? Demotion, Exception? Thrown)> AskAsync(RedisLink link)
    {
        try
        {
            await link.Database.StringSetRangeAsync(Probed, 0, RedisValue.EmptyString, CommandFlags.DemandMaster).ConfigureAwait(false);
            return (true, null, null);
        }
        catch (Exception thrown)
        {
            // A server that is full, or does not allow us this key, is nevertheless the right one.
            var demotion = DemotionOf(link, thrown);
            return (demotion is null && thrown is RedisServerException, demotion, thrown);
        }
    }

    /// <summary>Asks a server for what decisions need. That it refuses is heard where all failed calls are.</summary>
    /// <param name="link">The server.</param>
    /// <param name="key">A key that nobody makes, named as limits' keys are: a user may have a right to those alone.</param>
    /// <returns>Whether it was done.</returns>
    public static async Task<bool> ProbeAsync(RedisLink link, RedisKey key)
    {
        try
        {
            await Script.Probe.RunAsync(link, [key], []).ConfigureAwait(false);
            return true;
        }
        catch (RedisCallException)
        {
            return false;
        }
    }

    /// <summary>Whether the server lets us see whose keys it holds; true where it does not say.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Each call may throw what the client library likes.")]
    private static async Task<bool> MayDrawAsync(RedisLink link)
    {
        try
        {
            foreach (var server in link.Masters)
                await server.DatabaseSizeAsync().ConfigureAwait(false);
            await link.Database.KeyRandomAsync().ConfigureAwait(false);
            await link.Database.KeyTimeToLiveAsync(Probed).ConfigureAwait(false);
            await link.Database.ExecuteAsync("MEMORY", "USAGE", Probed).ConfigureAwait(false);
            return true;
        }
        catch (Exception thrown)
        {
            return !thrown.Message.Contains("NOPERM", StringComparison.Ordinal);
        }
    }

    /// <summary>Why a server may forget limits that it was told, in words for operators; null if it does not, or cannot be asked.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Each call may throw what the client library likes; some servers do not allow INFO.")]
    public static async Task<string?> RiskAsync(RedisLink link)
    {
        try
        {
            foreach (var server in link.Masters)
            {
                var memory = (await server.InfoAsync("memory").ConfigureAwait(false)).SelectMany(section => section);
                var policy = memory.FirstOrDefault(line => line.Key == Policy).Value;
                if (policy is not (null or Keeps))
                    return $"its maxmemory-policy is {policy}, so that when it is full it throws keys away: an exhausted limit is then "
                        + $"whole again, and a sale's line is lost. Set {Keeps}";
            }
        }
        catch (Exception)
        {
            // It answers decisions all the same.
        }

        return await MayDrawAsync(link).ConfigureAwait(false)
            ? null
            : "its user may not run DBSIZE, RANDOMKEY, MEMORY USAGE and PTTL, so that nobody keeps one tenant from filling it with keys. "
                + "Allow them";
    }
}
