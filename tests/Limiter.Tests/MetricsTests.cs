using System.Diagnostics.Metrics;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Metrics;
using OrleansLimiter.Service;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Limiter.Tests;

public class MetricsTests
{
    private static readonly (string, string?)[] Policies =
    [
        ("Limiter:Policies:allow:Algorithm", "tokenBucket"), ("Limiter:Policies:allow:Limit", "1"),
            ("Limiter:Policies:allow:Window", "60"), ("Limiter:Policies:allow:OnUnavailable", "allow"),
        ("Limiter:Policies:shadow:Algorithm", "concurrency"), ("Limiter:Policies:shadow:Limit", "1"),
            ("Limiter:Policies:shadow:Window", "60"), ("Limiter:Policies:shadow:Shadow", "true"),
    ];

    [Fact]
    public async Task Every_outcome_is_counted_by_policy_tier_outcome_source_and_operation()
    {
        var engine = new ScriptedEngine();
        using var rig = new Rig(engine, null, Policies);
        using var seen = new Seen(rig);
        var replies = new[]
        {
            EngineReply.Decided(new Decision()),
            EngineReply.Decided(new Decision { Outcome = Outcome.Limited }),
            EngineReply.Decided(new Decision { Outcome = Outcome.CostAboveCapacity }),
            EngineReply.Decided(new Decision { Outcome = Outcome.UnknownLease }),
            EngineReply.Failed(EngineFault.KeyTableFull),
            EngineReply.Failed(EngineFault.RequestIdReused),
        };
        foreach (var reply in replies)
        {
            engine.Answers(reply);
            await rig.Ask(rig.Handle("default", "dev-pro-key"));
            await rig.Ask(rig.Handle("shadow"));
        }

        engine.Answers(EngineReply.Failed(EngineFault.KeyTableFull));
        await rig.Ask(rig.Handle("allow"));
        await rig.Ask(rig.Handle("default"), Operation.Release);

        Assert.Equal(
            [
                "1 policy=default tier=pro outcome=admitted source=memory operation=acquire",
                "1 policy=shadow tier=free outcome=admitted source=memory operation=acquire",
                "1 policy=default tier=pro outcome=limited source=memory operation=acquire",
                "1 policy=shadow tier=free outcome=shadow_limited source=memory operation=acquire",
                "1 policy=default tier=pro outcome=cost_above_capacity source=memory operation=acquire",
                "1 policy=shadow tier=free outcome=shadow_cost_above_capacity source=memory operation=acquire",
                "1 policy=default tier=pro outcome=unknown_lease source=memory operation=acquire",
                "1 policy=shadow tier=free outcome=unknown_lease source=memory operation=acquire",
                "1 policy=default tier=pro outcome=unavailable source=memory operation=acquire",
                "1 policy=shadow tier=free outcome=shadow_unavailable source=memory operation=acquire",
                "1 policy=default tier=pro outcome=invalid source=memory operation=acquire",
                "1 policy=shadow tier=free outcome=invalid source=memory operation=acquire",
                "1 policy=allow tier=free outcome=unavailable_allowed source=memory operation=acquire",
                "1 policy=default tier=free outcome=invalid source=memory operation=release",
            ],
            seen.Decisions);
    }

    [Theory]
    [InlineData(Operation.Acquire, "acquire")]
    [InlineData(Operation.AcquireUpTo, "acquire_up_to")]
    [InlineData(Operation.Peek, "peek")]
    [InlineData(Operation.Refund, "refund")]
    [InlineData(Operation.Charge, "charge")]
    [InlineData(Operation.Release, "release")]
    [InlineData(Operation.Reset, "reset")]
    public async Task Every_operation_has_its_name(Operation operation, string name)
    {
        using var rig = new Rig(new ScriptedEngine());
        using var seen = new Seen(rig);
        await rig.Ask(rig.Handle("default"), operation);
        Assert.EndsWith($" operation={name}", Assert.Single(seen.Decisions), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_engines_time_is_measured_in_seconds()
    {
        var engine = new ScriptedEngine { Source = "cluster" };
        using var rig = new Rig(engine);
        using var seen = new Seen(rig);
        engine.Answer = _ =>
        {
            rig.Time.Advance(TimeSpan.FromMilliseconds(25));
            return new(EngineReply.Failed(EngineFault.KeyTableFull));
        };
        await rig.Ask(rig.Handle("default"), Operation.Peek);
        Assert.Equal(["0.025 source=cluster operation=peek"], seen.Durations);
    }

    [Fact]
    public async Task The_clock_is_not_read_while_nobody_listens()
    {
        using var provider = new Rig(new ScriptedEngine());
        var time = new CountingTime();
        var service = new LimitService(new ScriptedEngine(), new LimiterMetrics(provider.Meters, time), time, provider.Logger);
        var handle = service.HandleFor(Tenant.Own, provider.Settings.Policy("default"));
        await service.ExecuteAsync(handle, SubjectKey.Of(handle.Scope, "a"), Operation.Acquire, Permits.One,
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(0, time.Reads);

        using var seen = new Seen(provider);
        await service.ExecuteAsync(handle, SubjectKey.Of(handle.Scope, "a"), Operation.Acquire, Permits.One,
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(2, time.Reads);
    }

    [Fact]
    public async Task No_number_of_callers_and_keys_adds_a_series()
    {
        var engine = new ScriptedEngine();
        using var rig = new Rig(
            engine, null,
            [.. Enumerable.Range(0, 200).SelectMany<int, (string, string?)>(i =>
                [($"Tenants:{i}:Name", $"tenant-{i}"), ($"Tenants:{i}:Tier", i % 2 == 0 ? "free" : "pro"),
                    ($"Tenants:{i}:KeySha256", Keys.HashOf(KeyOf(i)))])]);
        using var seen = new Seen(rig);
        for (var i = 0; i < 200; i++)
        {
            var handle = rig.Handle("default", KeyOf(i));
            for (var key = 0; key < 20; key++)
                await rig.Ask(handle, subject: $"user-{i}-{key}", id: $"request-{i}-{key}");
        }

        Assert.Equal(4_000, seen.Decisions.Count);
        Assert.Equal(
            [
                "1 policy=default tier=free outcome=admitted source=memory operation=acquire",
                "1 policy=default tier=pro outcome=admitted source=memory operation=acquire",
            ],
            seen.Decisions.Distinct().Order(StringComparer.Ordinal));
        Assert.Single(seen.Durations.Distinct());

        static string KeyOf(int i) => $"a-key-of-at-least-32-characters-{i}";
    }

    [Fact]
    public void Instruments_carry_the_names_units_and_buckets_that_OpenTelemetry_expects()
    {
        using var rig = new Rig(new ScriptedEngine());
        rig.Metrics.ObserveKeys(() => 42);
        using var seen = new Seen(rig);
        Assert.Equal(
            ["orleanslimiter.decision.duration s Histogram`1", "orleanslimiter.decisions {decision} Counter`1",
                "orleanslimiter.keys {key} ObservableGauge`1"],
            seen.Instruments.Select(instrument => $"{instrument.Name} {instrument.Unit} {instrument.GetType().Name}")
                .Order(StringComparer.Ordinal));
        var bounds = seen.Instruments.OfType<Histogram<double>>().Single().Advice?.HistogramBucketBoundaries;
        Assert.NotNull(bounds);
        Assert.Equal((0.000_001, 1.0), (bounds[0], bounds[^1]));
        Assert.Equal(bounds.Order(), bounds);
        Assert.Equal(42, seen.ReadKeys());
    }

    /// <summary>Listens to one rig's meter alone.</summary>
    private sealed class Seen : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _keys;

        public Seen(Rig rig)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (!ReferenceEquals(instrument.Meter.Scope, rig.Meters) || instrument.Meter.Name != "OrleansLimiter")
                    return;
                Instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            {
                if (instrument.Name == "orleanslimiter.keys")
                    _keys = value;
                else
                    Decisions.Add(Line(value, tags));
            });
            _listener.SetMeasurementEventCallback<double>((_, value, tags, _) => Durations.Add(Line(value, tags)));
            _listener.Start();
        }

        public List<Instrument> Instruments { get; } = [];

        public List<string> Decisions { get; } = [];

        public List<string> Durations { get; } = [];

        public long ReadKeys()
        {
            _listener.RecordObservableInstruments();
            return _keys;
        }

        public void Dispose() => _listener.Dispose();

        private static string Line<T>(T value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            FormattableString.Invariant($"{value} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}");
    }

    private sealed class CountingTime : TimeProvider
    {
        public int Reads { get; private set; }

        public override long GetTimestamp()
        {
            Reads++;
            return 1;
        }
    }
}
