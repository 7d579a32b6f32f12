using OrleansLimiter.Core.Limits;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis.Quotas;

/// <summary>
/// Draws keys at random from every server that may be written to, and asks what they take. Beside the requests, and never more than a few
/// hundred commands at once.
/// </summary>
/// <param name="database">Which of a server's databases.</param>
/// <param name="application">What names begin with; empty for nothing.</param>
internal sealed class KeySampler(int database, string application)
{
    /// <summary>The most keys that are drawn at a look, from all servers together.</summary>
    public const int MostDrawn = 256;

    private readonly string _beginning = ApplicationName.BeginningOf(application);

    /// <summary>Takes a look.</summary>
    /// <exception cref="RedisException">A server did not answer, or does not allow it.</exception>
    public async Task<IReadOnlyList<SampledServer>> LookAsync(RedisLink link)
    {
        var servers = link.Masters.ToArray();
        var most = Math.Max(1, MostDrawn / Math.Max(1, servers.Length));
        return [.. (await Task.WhenAll(servers.Select(server => LookAsync(link.Database, server, most))).ConfigureAwait(false))
            .OfType<SampledServer>()];
    }

    private async Task<SampledServer?> LookAsync(IDatabase keys, IServer server, int most)
    {
        var count = await server.DatabaseSizeAsync(database).ConfigureAwait(false);
        if (count == 0)
            return null;
        var drawn = await Task.WhenAll(
            Enumerable.Range(0, most).Select(_ => server.ExecuteAsync(database, "RANDOMKEY", [], CommandFlags.None))).ConfigureAwait(false);
        var sampled = await Task.WhenAll(drawn.Select(name => SampleAsync(keys, (string?)name))).ConfigureAwait(false);
        return new SampledServer(count, most, [.. sampled.OfType<SampledKey>()]);
    }

    private async Task<SampledKey?> SampleAsync(IDatabase keys, string? name)
    {
        if (name is null || !TryRead(name, out var tenant, out var policy))
            return null;
        RedisKey key = name;
        var bytes = keys.ExecuteAsync("MEMORY", "USAGE", key);
        var left = keys.KeyTimeToLiveAsync(key);

        // It may have expired since it was drawn.
        var (size, rest) = (await bytes.ConfigureAwait(false), await left.ConfigureAwait(false));
        return size.IsNull ? null : new SampledKey(tenant, policy, (long)size, rest is { } time ? (long)time.TotalMilliseconds : null);
    }

    /// <summary>Reads a limit's key (<see cref="ScopeTable.Scope.NamesOf"/>); false for any other.</summary>
    private bool TryRead(string name, out string tenant, out string policy)
    {
        (tenant, policy) = ("", "");
        if (!name.StartsWith(_beginning, StringComparison.Ordinal) || name.Length < _beginning.Length + 2
            || name[_beginning.Length] is not ('l' or 'r') || name[_beginning.Length + 1] != '{')
            return false;
        var parts = name[(_beginning.Length + 2)..].Split('/', 3);
        if (parts.Length < 3)
            return false;
        (tenant, policy) = (parts[0], parts[1]);
        return true;
    }
}
