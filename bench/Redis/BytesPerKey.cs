using System.Globalization;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;

namespace OrleansLimiter.RedisBenchmark;

/// <summary>What MEMORY USAGE says of a live key of one bandwidth with a 20-byte subject, its name included.</summary>
internal static class BytesPerKey
{
    public static async Task PrintAsync(BenchServer server)
    {
        using var engine = await server.ConnectAsync();
        Console.WriteLine();
        Console.WriteLine("| algorithm, after one acquire | MEMORY USAGE, B |");
        Console.WriteLine("|---|---:|");
        foreach (var algorithm in Enum.GetValues<Algorithm>())
        {
            var key = SubjectKey.Of(KeyScope.Of("dev-free", "default"),
                string.Create(CultureInfo.InvariantCulture, $"user-{(int)algorithm:D15}"));
            await engine.ExecuteAsync(new LimitRequest(
                key, LimitSpec.Of(algorithm, Bandwidth.Of(1_000, TimeSpan.FromHours(1))), Operation.Acquire, Permits.One),
                CancellationToken.None);
            var name = new ScopeTable().Of(key.Scope).NamesOf(key.Subject, withIds: false)[0];
            Console.WriteLine($"| {AlgorithmNames.NameOf(algorithm)} | {await server.RunAsync("redis-cli MEMORY USAGE", (byte[])name!)} |");
        }
    }
}
