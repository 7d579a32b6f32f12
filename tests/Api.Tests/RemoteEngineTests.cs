using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>The service before an engine that answers later, and only when told to.</summary>
public sealed class RemoteEngineTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_late_answer_is_the_same_answer()
    {
        var engine = new LateEngine();
        using var service = new TestService(configure: services => services.AddSingleton<ILimitEngine>(engine));
        using var client = service.Connect();
        var asking = client.PostAsJsonAsync("/limit/incr", new { key = "k", cost = 4 }, Cancellation);
        (await engine.NextAsync("k")).Answer();

        using var answer = await asking;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("\"default\";r=6;t=6", answer.Headers.GetValues("RateLimit").Single());
        Assert.Equal(
            """{"allowed":true,"remaining":6,"resetAtMs":1795305624000,"retryAfterMs":0,"limit":"""
                + """10,"policy":"default","source":"cluster"}""",
            await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task An_engine_that_is_away_is_503_with_its_source_and_Retry_After()
    {
        var engine = new LateEngine();
        using var service = new TestService(configure: services => services.AddSingleton<ILimitEngine>(engine));
        using var client = service.Connect();
        var asking = client.GetAsync("/limit/check?key=k&policy=exact-gcra", Cancellation);
        (await engine.NextAsync("k")).Fail(new EngineFault(EngineFaultKind.DeadlineExceeded, Wait.OfMicroseconds(2_500_001)));

        using var answer = await asking;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("3", answer.Headers.GetValues("Retry-After").Single());
        Assert.False(answer.Headers.Contains("RateLimit"));
        Assert.Equal(
            """{"type":"https://iana.org/assignments/http-problem-types#temporary-reduced-capacity","title":"Temporary Reduced """
                + """Capacity","status":503,"detail":"The limit cannot be decided at the moment. Try again in 3 seconds.","message":"The"""
                + """ limit cannot be decided at the moment. Try again in 3 """
                + """seconds.","policy":"exact-gcra","source":"cluster","retryAfterMs":2501}""",
            await answer.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task A_batch_asks_different_keys_side_by_side_and_one_key_in_order()
    {
        var engine = new LateEngine();
        using var service = new TestService(configure: services => services.AddSingleton<ILimitEngine>(engine));
        using var client = service.Connect();
        var checks = new object[] { new { key = "a", cost = 9 }, new { key = "b" }, new { key = "c" }, new { key = "a", cost = 1 },
            new { key = "d" } };
        var asking = client.PostAsJsonAsync("/limit/batch", new { checks }, Cancellation);

        // All that may be asked is asked before anything is answered; the second on key a waits for the first.
        var first = await engine.NextAsync("a");
        var others = new[] { await engine.NextAsync("b"), await engine.NextAsync("c"), await engine.NextAsync("d") };
        Assert.Equal(0, engine.Waiting);
        others[2].Answer();
        others[1].Answer();
        others[0].Fail(new EngineFault(EngineFaultKind.Unavailable, Wait.None));
        first.Answer();
        (await engine.NextAsync("a")).Answer();

        using var answer = await asking;
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        var results = body.RootElement.GetProperty("results").EnumerateArray()
            .Select(result =>
                ($"{result.GetProperty("allowed")} {result.GetProperty("remaining")} "
                + (result.TryGetProperty("reason", out var reason) ? reason.GetString() : "")).Trim());
        Assert.Equal(["True 1", "False 0 unavailable", "True 9", "True 0", "True 9"], results);
    }

    /// <summary>Holds every request until the test answers it by the Core's own rules.</summary>
    private sealed class LateEngine : ILimitEngine
    {
        private readonly BlockingCollection<Asked> _asked = [];
        private readonly ConcurrentDictionary<SubjectKey, (LimitSpec Spec, KeyState State)> _keys = new();

        public string Source => "cluster";

        public int Waiting => _asked.Count;

        public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
        {
            var asked = new Asked(this, request);
            _asked.Add(asked, cancellationToken);
            return new(asked.Reply);
        }

        /// <summary>The request that was asked next, which must be for this key.</summary>
        public async Task<Asked> NextAsync(string key)
        {
            var asked = await Task.Run(() => _asked.Take(Cancellation));
            Assert.Equal(key, asked.Key);
            return asked;
        }

        private EngineReply Decide(in LimitRequest request)
        {
            var now = Instant.From(TestKit.FakeTimeProvider.DefaultStart);
            var (spec, state) = _keys.TryGetValue(request.Key, out var known) ? known : (request.Spec, LimitKey.Fresh(request.Spec, now));
            var reply = LimitKey.Execute(ref spec, ref state, request, LeaseId.None, now);
            _keys[request.Key] = (spec, state);
            return reply;
        }

        public sealed class Asked(LateEngine engine, LimitRequest request)
        {
            private readonly TaskCompletionSource<EngineReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

            public string Key => request.Key.Subject;

            public Task<EngineReply> Reply => _reply.Task;

            public void Answer() => _reply.SetResult(engine.Decide(request));

            public void Fail(EngineFault fault) => _reply.SetResult(EngineReply.Failed(fault));
        }
    }
}
