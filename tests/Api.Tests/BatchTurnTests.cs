using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Api.Limits;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>
/// One tenant's batches are worked on a few at a time, whatever the connections: other tenants' calls are not behind all of them.
/// </summary>
public sealed class BatchTurnTests
{
    private static readonly int AtOnce = Environment.ProcessorCount;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_turn_is_waited_for_behind_ones_own_tenant_alone()
    {
        var turns = new BatchTurns(atOnce: 2, mostWaiting: 10);
        var first = await turns.TakeAsync("a", Cancellation);
        await turns.TakeAsync("a", Cancellation);
        var third = turns.TakeAsync("a", Cancellation).AsTask();
        Assert.NotNull(await turns.TakeAsync("b", Cancellation));
        Assert.False(third.IsCompleted);

        first!.Value.Dispose();

        Assert.NotNull(await third);
    }

    [Fact]
    public async Task Who_finds_too_many_waiting_is_turned_away_and_who_goes_away_waits_no_longer()
    {
        var turns = new BatchTurns(atOnce: 1, mostWaiting: 1);
        await turns.TakeAsync("a", Cancellation);
        using var gone = new CancellationTokenSource();
        var waiting = turns.TakeAsync("a", gone.Token).AsTask();
        Assert.Null(await turns.TakeAsync("a", Cancellation));

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(turns.TakeAsync("a", Cancellation).AsTask().IsCompleted);
    }

    [Fact]
    public async Task Batches_of_a_tenant_beyond_those_at_once_ask_the_engine_when_one_of_them_is_answered()
    {
        using var engine = new HeldEngine();
        using var service = new TestService(
            configure: services =>
            services.AddSingleton<ILimitEngine>(
                provider => engine.Around(new MemoryEngine(new MemoryEngineOptions(), provider.GetRequiredService<TimeProvider>()))));
        using var client = service.Connect();
        var batches = Enumerable.Range(0, AtOnce + 3)
            .Select(_ => client.PostAsJsonAsync("/limit/batch", new { checks = new[] { new { key = "held" } } }, Cancellation)).ToList();
        for (var i = 0; i < AtOnce; i++)
            await engine.Asked.WaitAsync(Cancellation);

        using var other = new HttpRequestMessage(HttpMethod.Post, "/limit/incr") { Content = JsonContent.Create(new { key = "free" }) };
        other.Headers.Add("X-Api-Key", "dev-pro-key");
        using (var answer = await client.SendAsync(other, Cancellation))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(AtOnce, engine.Under);

        engine.Release.SetResult();

        foreach (var batch in batches)
        {
            using var answer = await batch;
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Equal(AtOnce, engine.MostUnder);
    }

    /// <summary>Holds what the tenant without a key asks, until it is told to go on.</summary>
    private sealed class HeldEngine : ILimitEngine, IDisposable
    {
        private MemoryEngine? _inner;
        private int _under;

        public string Source => "memory";

        public SemaphoreSlim Asked { get; } = new(0);

        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Under => Volatile.Read(ref _under);

        public int MostUnder { get; private set; }

        public HeldEngine Around(MemoryEngine inner)
        {
            _inner = inner;
            return this;
        }

        public async ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
        {
            if (request.Key.Scope.Tenant == "public")
            {
                var under = Interlocked.Increment(ref _under);
                lock (Asked)
                    MostUnder = Math.Max(MostUnder, under);
                Asked.Release();
                await Release.Task;
                Interlocked.Decrement(ref _under);
            }

            return _inner!.Execute(request);
        }

        public void Dispose() => Asked.Dispose();
    }
}
