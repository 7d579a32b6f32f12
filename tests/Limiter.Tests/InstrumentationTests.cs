using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Instrumentation;
using OrleansLimiter.Limiter.Tests.Resilience;
using OrleansLimiter.Metrics;

namespace OrleansLimiter.Limiter.Tests;

/// <summary>What an app's OpenTelemetry collects of the limiter by the one line that it takes.</summary>
[Collection(nameof(Alone))]
public sealed class InstrumentationTests
{
    private const string SecretSubject = "secret-subject";

    [Fact]
    public async Task Metrics_hold_decisions_and_their_durations_in_the_buckets_that_the_limiter_advises()
    {
        var exported = new MetricNotes();
        using var provider = Sdk.CreateMeterProviderBuilder().AddOrleansLimiterInstrumentation()
            .AddReader(new BaseExportingMetricReader(exported)).Build();
        using var stack = new Stack();
        await AskAsync(stack);

        provider.ForceFlush();

        Assert.Contains("orleanslimiter.decisions", exported.Names);
        Assert.Contains("orleanslimiter.decision.duration", exported.Names);
        Assert.All(exported.Names, name => Assert.StartsWith("orleanslimiter.", name, StringComparison.Ordinal));
        Assert.Equal([1e-6, 2e-6, 5e-6], exported.Bounds["orleanslimiter.decision.duration"].Take(3));
        Assert.DoesNotContain(exported.Tags, tag => tag.Contains(SecretSubject, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Traces_hold_a_span_for_each_call_of_a_remote_engine_and_who_answered()
    {
        var spans = new SpanNotes();
        using var provider = TracesTo(spans);
        using var stack = new Stack();
        using var own = new Activity("own").Start();
        own.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
        await AskAsync(stack);
        stack.Remote.Link = FakeRemote.Away;
        await AskAsync(stack);

        var ours = spans.All.Where(span => span.TraceId == own.TraceId).ToList();
        Assert.All(ours, span => Assert.Equal((LimiterTraces.SpanName, ActivityKind.Client), (span.DisplayName, span.Kind)));
        Assert.Equal(
            ["engine=cluster operation=acquire source=cluster", "engine=cluster operation=acquire source=local"],
            ours.Select(span => string.Join(' ', span.TagObjects.Select(tag => $"{tag.Key["orleanslimiter.".Length..]}={tag.Value}"))));
    }

    [Fact]
    public async Task A_call_that_nobody_answers_is_an_error_of_its_kind()
    {
        var spans = new SpanNotes();
        using var provider = TracesTo(spans);
        using var stack = new Stack(values: ("Limiter:Policies:default:OnUnavailable", "deny"));
        using var own = new Activity("own").Start();
        own.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
        stack.Remote.Link = FakeRemote.Away;
        await AskAsync(stack);

        var span = Assert.Single(spans.All, span => span.TraceId == own.TraceId);
        Assert.Equal(
            (ActivityStatusCode.Error, nameof(EngineFaultKind.Unavailable)), (span.Status, span.GetTagItem(LimiterTraces.ErrorTag)));
    }

    [Fact]
    public async Task Where_nobody_listens_no_span_is_made()
    {
        using var stack = new Stack();
        using var own = new Activity("own").Start();
        await AskAsync(stack);

        Assert.False(LimiterTraces.IsOn);
        Assert.Same(own, Activity.Current);
    }

    private static TracerProvider TracesTo(SpanNotes spans) => Sdk.CreateTracerProviderBuilder().AddOrleansLimiterInstrumentation()
        .AddProcessor(new SimpleActivityExportProcessor(spans)).Build();

    private static Task<LimitAnswer> AskAsync(Stack stack) => stack.Ask(subject: SecretSubject);

    /// <summary>Notes what metrics come to.</summary>
    private sealed class MetricNotes : BaseExporter<Metric>
    {
        public HashSet<string> Names { get; } = [];

        public HashSet<string> Tags { get; } = [];

        public Dictionary<string, List<double>> Bounds { get; } = [];

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                Names.Add(metric.Name);
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    foreach (var tag in point.Tags)
                        Tags.Add($"{tag.Key}={tag.Value}");
                    if (metric.MetricType == MetricType.Histogram)
                        Bounds[metric.Name] = BoundsOf(point);
                }
            }

            return ExportResult.Success;
        }

        private static List<double> BoundsOf(in MetricPoint point)
        {
            var bounds = new List<double>();
            foreach (var bucket in point.GetHistogramBuckets())
                bounds.Add(bucket.ExplicitBound);
            return bounds;
        }
    }

    /// <summary>Notes spans that have ended.</summary>
    private sealed class SpanNotes : BaseExporter<Activity>
    {
        public List<Activity> All { get; } = [];

        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (var span in batch)
                All.Add(span);
            return ExportResult.Success;
        }
    }
}

/// <summary>Runs alone: who listens, listens to the whole process.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
