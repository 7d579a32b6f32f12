using OrleansLimiter.ClusterBench.Http;

namespace OrleansLimiter.ClusterBench.Exact;

/// <summary>The verb <c>exact</c>: many requests at once on one fresh key must be admitted exactly as often as its limit says.</summary>
internal static class ExactCommand
{
    private static readonly string[] Policies =
        ["exact-token-bucket", "exact-gcra", "exact-fixed-window", "exact-sliding-window", "exact-sliding-log", "exact-concurrency"];

    public static int Run(Arguments arguments)
    {
        var urls = arguments.Urls();
        var rounds = arguments.Whole("rounds", 1, 1, 1000);
        var requests = arguments.Whole("requests", 1000, 1, 4000);
        var admit = arguments.Whole("admit", 100, 1, 4000);
        var timeout = arguments.Whole("timeout", 10, 1, 60);
        var apiKey = arguments.Text("api-key") ?? "dev-free-key";
        var named = arguments.All("policy");
        arguments.RefuseOthers();
        var policies = named.Length == 0 ? Policies : named;
        var targets = Array.ConvertAll(urls, url => new Target(url, apiKey));
        var run = $"exact-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}";
        foreach (var policy in policies)
            WindowBoundary.MustBeFar(policy, DateTimeOffset.UtcNow);
        foreach (var target in targets)
            target.MustAnswer(policies[0], run + "-probe");

        using var volley = new Volley(targets, requests, TimeSpan.FromSeconds(timeout));
        var exact = true;
        Console.WriteLine("| policy | round | admitted | refused | 503 | other | sources | sent within, ms | last answer after, ms |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---|---:|---:|");
        foreach (var policy in policies)
        {
            volley.WarmUp(policy, run);
            for (var round = 1; round <= rounds; round++)
            {
                WindowBoundary.MustBeFar(policy, DateTimeOffset.UtcNow);
                var result = volley.Fire(policy, $"{run}-{policy}-{round}");
                Console.WriteLine($"| {policy} | {round} | {result} |");
                exact &= result.Admitted == admit && result.Refused == requests - admit;
            }
        }

        Console.WriteLine(exact
            ? $"exact: each round admitted {admit} of {requests} and refused the others"
            : $"NOT exact: each round was to admit {admit} of {requests} and to refuse the others");
        return exact ? 0 : 1;
    }
}
