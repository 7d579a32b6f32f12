using System.Globalization;
using System.Security.Cryptography;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Engines.Redis.Valve;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;
using Xunit;

namespace OrleansLimiter.Redis.Tests.Valve;

/// <summary>Short words for a valve under test.</summary>
internal static class TestValve
{
    public const long Second = 1_000_000;

    /// <summary>Where clocks of tests' own start.</summary>
    public static readonly Instant Start = new(1_795_308_217_000_000);

    public static readonly SaleId Sale = SaleId.Of("sale");

    public static readonly DrawSeed Seed = new(SHA256.HashData("a seed that is known"u8));

    /// <summary>What the front ends of tests seal seeds with.</summary>
    public static readonly SeedSeal Seal = SeedSeal.Of(KeysOf("test", 1));

    /// <summary>One admission an hour, one person in checkout: after the first the line stands.</summary>
    public static readonly ValveRates Slow = ValveRates.Of(1, TimeSpan.FromHours(1), 1);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static UserId User(int number) => UserId.Of(number.ToString("d6", CultureInfo.InvariantCulture));

    public static Instant After(this Instant instant, long microseconds) => new(instant.Microseconds + microseconds);

    /// <summary>A sale that has been open since 1970, whatever the clock.</summary>
    public static ValveSpec OpenSpec(ValveRates rates) => ValveSpec.Of(Sale, new Instant(0), new Instant(0), rates);

    /// <summary>A sale that opens 60 s after <see cref="Start"/>.</summary>
    public static ValveSpec QueueSpec(ValveRates rates) => ValveSpec.Of(Sale, Start, Start.After(60 * Second), rates);

    /// <summary>An engine by the server's clock that has connected.</summary>
    public static Task<RedisValve> ConnectAsync(RedisServer server, Action<RedisEngineOptions>? configure = null) =>
        ConnectedAsync(new RedisValve(server.Options(configure), TimeProvider.System, Seal));

    /// <summary>
    /// An engine by a clock and with a seed of the test's own that has connected. Looks at its sales when <paramref name="time"/> moves.
    /// </summary>
    public static Task<RedisValve> ConnectAsync(RedisServer server, TimeProvider time, Func<Instant> clock, SeedSeal? seal = null) =>
        ConnectedAsync(new RedisValve(server.Options(), time, clock, _ => Seed, seal ?? Seal));

    /// <summary>A key of a test.</summary>
    public static AdmissionKeys KeysOf(string id, byte fill) =>
        AdmissionKeys.TryParse($"{id}:{Convert.ToBase64String([.. Enumerable.Repeat(fill, 32)])}", out var keys, out var error)
            ? keys
            : throw new ArgumentException(error.ToString());

    /// <summary>Waits until something is so; fails after <see cref="TestEngine.Limit"/>.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TestEngine.Limit);
        await Poll.UntilAsync(isSo, limit.Token);
    }

    public static async Task SetUpAsync(this IValveEngine valve, ValveSpec spec) =>
        Assert.False((await valve.SetUpAsync(spec, Token)).IsFault);

    public static async Task<ValveAnswer> JoinAsync(this IValveEngine valve, int user) =>
        ValueOf(await valve.JoinAsync(Sale, User(user), Token));

    public static async Task<ValveAnswer> PollAsync(this IValveEngine valve, int user) =>
        ValueOf(await valve.PollAsync(Sale, User(user), Token));

    public static async Task<PlaceEnded> LeaveAsync(this IValveEngine valve, int user) =>
        ValueOf(await valve.LeaveAsync(Sale, User(user), Token));

    public static async Task<ValveStatus> StatusAsync(this IValveEngine valve) => ValueOf(await valve.StatusAsync(Sale, Token));

    public static async Task<DrawProof> ProofAsync(this IValveEngine valve) => ValueOf(await valve.DrawAsync(Sale, Token));

    /// <summary>Lets people come, many at a time.</summary>
    public static async Task JoinAllAsync(this IValveEngine valve, int people)
    {
        foreach (var some in Enumerable.Range(1, people).Chunk(200))
            await Task.WhenAll(some.Select(valve.JoinAsync));
    }

    public static T ValueOf<T>(ValveReply<T> reply) =>
        reply.IsFault ? throw new InvalidOperationException(reply.Fault.ToString()) : reply.Value;

    private static async Task<RedisValve> ConnectedAsync(RedisValve valve)
    {
        await UntilAsync(() => Task.FromResult(valve.Connection.IsConnected));
        return valve;
    }
}
