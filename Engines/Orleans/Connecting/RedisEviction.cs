using System.Diagnostics.CodeAnalysis;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>
/// Whether a Redis throws keys away when it is full: the list of silos and the snapshots are keys that expire, all of them.
/// </summary>
internal static class RedisEviction
{
    private const string Policy = "maxmemory_policy";
    private const string Keeps = "noeviction";

    /// <summary>
    /// Why a client's servers may lose what they were told, in words for operators; null if they do not. Not known where they cannot be
    /// asked.
    /// </summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Each call may throw what the client library likes; some servers do not allow INFO.")]
    public static async Task<(bool IsKnown, string? Risk)> RiskAsync(ConnectionMultiplexer client)
    {
        try
        {
            foreach (var server in client.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
            {
                var policy = (await server.InfoAsync("memory")).SelectMany(section => section)
                    .FirstOrDefault(line => line.Key == Policy).Value;
                if (policy is not (null or Keeps))
                    return (true,
                        $"its maxmemory-policy is {policy}, so that when it is full it throws keys away: silos then lose the list by which "
                        + $"they find each other, and limits and lines what was stored of them. Set {Keeps}");
            }
        }
        catch (Exception)
        {
            return default; // it does what silos need all the same
        }

        return (true, null);
    }
}
