using System.Globalization;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;
using Xunit;

namespace OrleansLimiter.Redis.Tests;

/// <summary>Short words for an engine under test.</summary>
internal static class TestEngine
{
    public static readonly LimitSpec TenAnHour = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromHours(1)));

    /// <summary>A million permits that do not come back while a test runs.</summary>
    public static readonly LimitSpec Plenty = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(1, TimeSpan.FromDays(366), 1_000_000));

    public static readonly KeyScope Scope = KeyScope.Of("dev-free", "default");

    /// <summary>How long engines wait for servers: on a machine with other work a second, as front ends wait, is soon over.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long they wait to connect with one: an attempt that is given up is told of, and one at a server that is away takes as long.
    /// </summary>
    public static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    /// <summary>Has an engine wait as long.</summary>
    public static readonly Action<RedisEngineOptions> Patiently = options => options.ConnectPatience = ConnectPatience;

    /// <summary>The most that a test waits for a server.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static LimitRequest Request(
        string subject,
        LimitSpec spec,
        Operation operation = Operation.Acquire,
        long permits = 1,
        string? id = null,
        LeaseId lease = default) =>
        new(SubjectKey.Of(Scope, subject), spec, operation, Permits.Of(permits), id is null ? RequestId.None : RequestId.Of(id), lease);

    /// <summary>An engine that has connected.</summary>
    public static async Task<RedisEngine> ConnectAsync(RedisServer server, Action<RedisEngineOptions>? configure = null)
    {
        var engine = new RedisEngine(server.Options(configure), TimeProvider.System);
        await UntilAsync(engine, engine => Task.FromResult(engine.Connection.IsConnected));
        return engine;
    }

    /// <summary>Waits until something is so of the engine; fails after <see cref="Limit"/>.</summary>
    public static async Task UntilAsync(RedisEngine engine, Func<RedisEngine, Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        await Poll.UntilAsync(() => isSo(engine), limit.Token);
    }

    /// <summary>
    /// Waits until the engine decides. Asks under a policy of its own: of two specs of one policy the newer would decide for both.
    /// </summary>
    public static Task UntilItDecidesAsync(RedisEngine engine)
    {
        var look = Request("poll", Plenty, Operation.Peek) with { Key = SubjectKey.Of(KeyScope.Of("dev-free", "poll"), "poll") };
        return UntilAsync(engine, async engine => !(await engine.AskAsync(look)).IsFault);
    }

    public static ValueTask<EngineReply> AskAsync(this RedisEngine engine, LimitRequest request) =>
        engine.ExecuteAsync(request, TestContext.Current.CancellationToken);

    public static async Task<Decision> DecideAsync(this RedisEngine engine, LimitRequest request)
    {
        var reply = await engine.AskAsync(request);
        return reply.IsFault ? throw new InvalidOperationException($"{request.Operation}: {reply.Fault.Kind}") : reply.Decision;
    }

    public static async Task<long> RemainingAsync(this RedisEngine engine, string subject, LimitSpec spec) =>
        (await engine.DecideAsync(Request(subject, spec, Operation.Peek, 0))).Remaining;

    public static string NameOf(string subject) => $"l{{{Scope}/{subject}}}";

    public static async Task<long> NumberAsync(this RedisServer server, params string[] command) =>
        long.Parse(await server.CommandAsync(command), CultureInfo.InvariantCulture);
}
