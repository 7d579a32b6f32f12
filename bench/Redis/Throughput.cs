using System.Globalization;
using System.Text;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;

namespace OrleansLimiter.RedisBenchmark;

/// <summary>
/// Decisions per second of the engine at 256 callers, beside redis-benchmark that runs the same script with the same key and the same
/// argument by EVALSHA: with 50 connections, and with 50 connections of 16 commands under way each. In turn, in one run.
/// </summary>
internal static class Throughput
{
    private const int Callers = 256;
    private const int PlainCommands = 150_000;
    private const int PipelinedCommands = 300_000;

    private static readonly LimitSpec Spec = LimitSpec.Of(
        Algorithm.TokenBucket, Bandwidth.Of(1_000_000, TimeSpan.FromSeconds(1), 900_000_000));
    private static readonly LimitRequest Request = new(
        SubjectKey.Of(KeyScope.Of("tenant", "policy"), "user-000000000012345"), Spec, Operation.Acquire, Permits.One);

    public static async Task PrintAsync(BenchServer server, int rounds, TimeSpan duration)
    {
        using var engine = await server.ConnectAsync();
        await EngineAsync(engine, TimeSpan.FromSeconds(2));
        Console.WriteLine("| round | engine, 256 callers | redis-benchmark -c 50 | -c 50 -P 16 | engine : -c 50 | engine : -P 16 |");
        Console.WriteLine("|---:|---:|---:|---:|---:|---:|");
        var toPlain = new List<double>();
        var toPipelined = new List<double>();
        for (var round = 1; round <= rounds; round++)
        {
            var ours = await EngineAsync(engine, duration);
            var plain = await BenchmarkAsync(server, PlainCommands, 1);
            var pipelined = await BenchmarkAsync(server, PipelinedCommands, 16);
            toPlain.Add(ours / plain);
            toPipelined.Add(ours / pipelined);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {round} | {ours:N0} | {plain:N0} | {pipelined:N0} | {ours / plain:F2} | {ours / pipelined:F2} |"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| median | | | | {Median(toPlain):F2} | {Median(toPipelined):F2} |"));
    }

    private static async Task<double> EngineAsync(RedisEngine engine, TimeSpan duration)
    {
        using var end = new CancellationTokenSource();
        var start = TimeProvider.System.GetTimestamp();
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            var done = 0L;
            while (TimeProvider.System.GetElapsedTime(start) < duration)
            {
                var reply = await engine.ExecuteAsync(Request, CancellationToken.None);
                if (reply.IsFault || !reply.Decision.IsAdmitted)
                    throw new InvalidOperationException($"Not admitted: {reply.Fault.Kind}.");
                done++;
            }

            return done;
        })).ToArray();
        var total = (await Task.WhenAll(callers)).Sum();
        return total / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> BenchmarkAsync(BenchServer server, int commands, int pipeline)
    {
        // No argument holds a zero byte, at which redis-benchmark would take it to end.
        var spec = SpecArguments.Of(Spec);
        var name = new ScopeTable().Of(Request.Key.Scope).NamesOf(Request.Key.Subject, withIds: false)[0];
        byte[][] words =
        [
            "EVALSHA"u8.ToArray(), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(spec.Script.Hash)), "1"u8.ToArray(), (byte[])name!,
            .. spec.Acquire(1).Select(argument => (byte[])argument!),
        ];
        var output = await server.RunAsync($"redis-benchmark -c 50 -P {Text(pipeline)} -n {Text(commands)} --csv", words);

        // "EVALSHA ...","rps",...: the second of the last line's fields.
        var fields = output.Split('\n')[^1].Split("\",\"");
        return double.Parse(fields[1].Trim('"'), CultureInfo.InvariantCulture);
    }

    private static double Median(List<double> numbers) => numbers.Order().ElementAt(numbers.Count / 2);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
