using System.Globalization;
using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>A tenant that makes as many keys as it can.</summary>
internal sealed class TenantKeysAttack : IAttack
{
    private const int DefaultSeconds = 20;
    private const int Connections = 4;
    private const int KeysOfCall = 100;
    private const int MostKeys = 1_000_000;
    private const string MaxKeys = "25000";

    /// <inheritdoc />
    public string Name => "tenant-keys";

    /// <inheritdoc />
    public string Summary =>
        "a tenant's million keys of an hour: browsing, sign-ups and logins go on as if nothing were, and the tenant is told when there is "
        + "room";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        // A small table shows in seconds what a large one shows in minutes. The tenant may have all of it, as where no other can call.
        var settings = new Dictionary<string, string>(Neighbours.Settings)
        {
            ["Limiter__MaxKeys"] = MaxKeys,
            ["Limiter__MaxKeysPerTenant"] = MaxKeys,
            ["Cluster__MaxActiveKeys"] = MaxKeys,
        };
        var service = await run.StartAsync(new ServiceSetup { Settings = settings }, cancellation);
        using var neighbours = await Neighbours.MeetAsync(service, cancellation);
        using var tenant = new Caller(service.Url, connections: Connections);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var (asked, made) = (0, 0);
        var flood = Crowd.RunAsync(Connections, MakeAsync, over.Token);
        await neighbours.LiveAsync(run, run.Duration(DefaultSeconds), hasTenant: false, cancellation);
        await over.CancelAsync();
        var calls = await flood;

        var last = await tenant.PostAsync("/limit/incr", Check(MostKeys + 1), cancellation, ("X-Api-Key", AttackedService.ApiKey));
        run.Findings.Tell("the tenant's calls of a hundred keys", $"{calls.Statuses()}");
        run.Findings.Tell("keys that it asked for, and was given", $"{asked}, {made} of a quota of {MaxKeys}");
        run.Findings.Tell("a new key of the tenant's then, and its Retry-After", $"{last.Status}, {last.Header("Retry-After") ?? "none"}");

        async Task<Answer> MakeAsync(int attacker, int call)
        {
            var first = Interlocked.Add(ref asked, KeysOfCall) - KeysOfCall;
            if (first >= MostKeys)
                await Task.Delay(Timeout.InfiniteTimeSpan, over.Token);
            var answer = await tenant.PostAsync(
                "/limit/batch", new { checks = Enumerable.Range(first, KeysOfCall).Select(Check) }, over.Token,
                ("X-Api-Key", AttackedService.ApiKey));
            if (answer.Status == 200)
                Interlocked.Add(ref made, answer.Json.GetProperty("results").EnumerateArray()
                    .Count(result => result.GetProperty("allowed").GetBoolean()));
            return answer;
        }
    }

    private static object Check(int key) => new
    {
        key = string.Create(CultureInfo.InvariantCulture, $"flood-{key}"),
        policy = "exact-fixed-window",
    };
}
