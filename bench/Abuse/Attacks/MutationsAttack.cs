using System.Diagnostics;
using System.Net;
using System.Text.Json;
using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Mutations;
using OrleansLimiter.AbuseBench.Service;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>Requests to every route that are changed at random: in their targets, headers, bodies and bytes.</summary>
internal sealed class MutationsAttack : IAttack
{
    private const long Seed = 20_261_129;
    private const int DefaultRequests = 100_000;
    private const int DefaultSeconds = 600;
    private const int AtOnce = 64;
    private const int Addresses = 500;
    private const int RequestsOfAConnection = 200;
    private const int OfAttack = 10;
    private const int MostWarm = 100_000;
    private const double MostGrowth = 1.1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PatienceWithBroken = TimeSpan.FromSeconds(0.3);
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    /// <inheritdoc />
    public string Name => "mutations";

    /// <inheritdoc />
    public string Summary =>
        "requests to every route, changed at random: no 5xx but 503s that say what they are, others are served, memory is back five "
        + "minutes later (of 1,000,000: --requests 1000000 --seconds 1800)";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(null, cancellation);
        var models = await RequestModels.MakeAsync(service.FrontEnd, cancellation);
        var forgotten = await ForgottenAsync(service, models, cancellation);
        run.Findings.Check(
            forgotten.Length == 0, "routes that are described and not attacked", forgotten.Length == 0 ? "none" : forgotten, "none");

        var requests = run.Requests(DefaultRequests);
        var warm = Math.Min(MostWarm, requests / OfAttack);
        await AttackAsync(service, models.All, Seed, warm, run.Duration(DefaultSeconds), cancellation);
        var before = service.FrontEnd.ResidentMiB;
        using var other = new Caller(service.Url, "127.0.0.1", connections: 2);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var others = OthersAsync(other, stop.Token);
        var began = Stopwatch.GetTimestamp();
        var tally = await AttackAsync(service, models.All, Seed + AtOnce, requests, run.Duration(DefaultSeconds), cancellation);
        var took = Stopwatch.GetElapsedTime(began);
        await stop.CancelAsync();
        var (asked, failed) = await others;

        run.Findings.Check(
            tally.Count == requests, "requests sent", $"{tally.Count} in {took.TotalSeconds:0} s, seed {Seed + AtOnce}", $"{requests}");
        foreach (var (answer, count) in tally.Answers)
            run.Findings.Tell($"answers {answer}", $"{count}");
        run.Findings.Equal("answers that must not be", tally.Bad, 0);
        foreach (var shown in tally.Shown)
            run.Findings.Tell($"- `{shown.Replace('|', '!')}`", $"1");
        run.Findings.Check(failed == 0, "looks of somebody else meanwhile, 200 but for", $"{failed} of {asked}", $"0");
        run.Findings.Check(service.FrontEnd.IsAlive, "the process lives", $"{service.FrontEnd.IsAlive}", $"True");
        var most = service.FrontEnd.ResidentMiB;
        var (after, waited) = await RestedAsync(service, before * MostGrowth, cancellation);
        run.Findings.Tell("resident memory before, and at the end of the attack", $"{before:0} MiB, {most:0} MiB");
        run.Findings.AtMost($"resident memory {waited.TotalSeconds:0} s later", after, before * MostGrowth, "MiB");
    }

    private static async Task<MutationTally> AttackAsync(
        AttackedService service, IReadOnlyList<RequestModel> models, long seed, int requests, TimeSpan bound,
        CancellationToken cancellation)
    {
        var tally = new MutationTally();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(bound);
        var left = requests;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(worker => Task.Run(() => AskAsync(worker), cancellation)));
        return tally;

        async Task AskAsync(int worker)
        {
            var (mutator, dice) = (new Mutator(models, seed + worker), new Dice(seed + worker));
            using var everybodys = new RawClient(service.Url.Port);
            using var operators = new RawClient(service.FrontEnd.Operations.Port);
            try
            {
                for (var i = 0; Interlocked.Decrement(ref left) >= 0; i++)
                {
                    var request = mutator.Next();
                    var client = request.IsOperators ? operators : everybodys;
                    if (!client.IsConnected || i % RequestsOfAConnection == 0)
                        await client.ConnectAsync(Address((int)dice.From(0, Addresses - 1)), end.Token);
                    var answer = await client.AskAsync(
                        request.Bytes, request.IsHead, request.IsBroken ? PatienceWithBroken : Patience, end.Token);
                    tally.Add(request.Bytes, request.IsHead, answer);
                    if (request.IsBroken)
                        client.Close();
                }
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // The time is over: the count tells.
            }
        }
    }

    private static IPAddress Address(int number) => new([127, 1, (byte)(number / 250), (byte)(1 + (number % 250))]);

    /// <summary>Somebody else, who looks at a limit again and again.</summary>
    private static async Task<(int Asked, int Failed)> OthersAsync(Caller other, CancellationToken stop)
    {
        var (asked, failed) = (0, 0);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var answer = await other.GetAsync("/limit/check?key=somebody-else", stop);
                asked++;
                failed += answer.Status == 200 ? 0 : 1;
                await Task.Delay(50, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
        }

        return (asked, failed);
    }

    /// <summary>Waits until memory is back, five minutes at most.</summary>
    private static async Task<(double MiB, TimeSpan Waited)> RestedAsync(
        AttackedService service, double bound, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < Rest && service.FrontEnd.ResidentMiB > bound)
            await Task.Delay(Look, cancellation);
        return (service.FrontEnd.ResidentMiB, Stopwatch.GetElapsedTime(began));
    }

    /// <summary>The operations of the service's own description that no request is made for.</summary>
    private static async Task<string> ForgottenAsync(AttackedService service, RequestModels models, CancellationToken cancellation)
    {
        using var caller = new Caller(service.FrontEnd.Operations);
        var known = models.All.Select(model => $"{model.Method} {model.Route}").ToHashSet(StringComparer.OrdinalIgnoreCase);
        var described = (await caller.GetAsync("/openapi/v1.json", cancellation)).Json.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject()
                .Where(operation => operation.Value.ValueKind == JsonValueKind.Object && operation.Value.TryGetProperty("responses", out _))
                .Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));
        return string.Join(", ", described.Where(operation => !known.Contains(operation)));
    }
}
