using OrleansLimiter.Conformance.Valve;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve.Records;
using Xunit;

namespace OrleansLimiter.Valve.Tests;

/// <summary>The valve conformance suite passes what is right, and finds what is wrong and shows it in few steps.</summary>
public sealed class ValveSuiteTests
{
    private const int Length = 60;

    [Theory]
    [InlineData(ValveFeatures.StandsStill, 1)]
    [InlineData(ValveFeatures.StoresWhenTold | ValveFeatures.StandsStill, 10_001)]
    [InlineData(ValveFeatures.StoresWhenTold | ValveFeatures.Restarts, 20_001)]
    [InlineData(ValveFeatures.Restarts, 30_001)]
    internal Task An_engine_that_is_the_core_passes(ValveFeatures features, long firstSeed) =>
        ValveConformanceSuite.RunAsync(new CoreValveTarget(features), firstSeed, 700, Length, TestContext.Current.CancellationToken);

    public static TheoryData<string> Faults => ["position", "eta", "poll", "early", "admission", "phase", "place", "opening"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Any_field_that_is_wrong_is_found(string fault)
    {
        var failure = await FailureOf(new CoreValveTarget(tamper: answer => fault switch
        {
            "position" => answer with { Position = answer.Position is 2 ? 3 : answer.Position },
            "eta" => answer with { Eta = answer.Eta is { Microseconds: > 0 } eta ? Wait.OfMicroseconds(eta.Microseconds - 1) : answer.Eta },
            "poll" => answer with { PollAfter = answer.PollAfter.Microseconds > 2_000_000 ? default : answer.PollAfter },
            "early" => answer with { IsEarly = false },
            "admission" => answer with { Admission = answer.Admission is { } given ? given with { ExpiresAt = answer.OpensAt } : null },
            "phase" => answer with { Phase = answer.Phase == ValvePhase.Paused ? ValvePhase.Open : answer.Phase },
            "place" => answer with { Place = 0 },
            _ => answer with { OpensAt = default },
        }));

        Assert.InRange(failure.Trace.Steps.Count, 1, 6);
        Assert.Contains("expected: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("shrunk to", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ValveRecordKind.Joined)]
    [InlineData(ValveRecordKind.Admitted)]
    [InlineData(ValveRecordKind.Paused)]
    internal async Task A_record_that_is_lost_on_the_way_to_storage_is_found(ValveRecordKind kind)
    {
        const ValveFeatures Durable = ValveFeatures.StoresWhenTold | ValveFeatures.Restarts;
        var lost = new CoreValveTarget(Durable, loses: record => record.Kind == kind);

        var failure = await Assert.ThrowsAnyAsync<Exception>(
            () => ValveConformanceSuite.RunAsync(lost, 1, 500, Length, TestContext.Current.CancellationToken));

        // A gap is refused; what was lost at the end shows in the first answer after the crash.
        Assert.True(failure is ValveConformanceException
            or InvalidOperationException { Message: "What the valve stored cannot be restored from." }, failure.ToString());
    }

    private static Task<ValveConformanceException> FailureOf(IValveTarget target) =>
        Assert.ThrowsAsync<ValveConformanceException>(
            () => ValveConformanceSuite.RunAsync(target, 1, 500, Length, TestContext.Current.CancellationToken));
}
