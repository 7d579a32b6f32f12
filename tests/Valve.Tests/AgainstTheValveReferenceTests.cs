using System.Globalization;
using OrleansLimiter.Conformance.Valve;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve.Tests.Reference;
using Xunit;

namespace OrleansLimiter.Valve.Tests;

/// <summary>The machine, with its trees and heaps, answers as a plain list does.</summary>
public sealed class AgainstTheValveReferenceTests
{
    private const int Traces = 1_000;
    private const int Length = 80;

    [Fact]
    public void Every_answer_is_the_plain_ones() => Parallel.For(1, Traces + 1, seed =>
    {
        var trace = ValveTraceGenerator.Draw(seed, Length, ValveFeatures.StandsStill);
        var drawSeed = ValveRig.SeedOf(seed.ToString(CultureInfo.InvariantCulture));
        var machine = ValveMachine.Start(trace.Timing, drawSeed, trace.Start);
        var plain = new ValveReference(trace.Timing, drawSeed, trace.Start.Microseconds);
        var admissions = new Dictionary<UserId, Admission>();
        var asked = 0L;
        foreach (var step in trace.Steps)
        {
            for (asked += ValveRig.Second; asked < step.At && step.Kind != ValveStepKind.StandStill; asked += ValveRig.Second)
                Live(trace.Start.Microseconds + asked);
            asked = step.At;
            var now = new Instant(trace.Start.Microseconds + step.At);
            Live(now.Microseconds);
            var user = ValveRig.User(step.User);
            var (actual, expected) = Do(step, user, now);
            Assert.True(Equals(expected, actual), $"Seed {seed}, step {step}:\n{actual}, not\n{expected}");
            if (actual is ValveAnswer { Admission: { } admission })
                admissions[user] = admission;
            var status = machine.Status(now);
            Assert.True((status.Waiting, status.InCheckout) == (plain.Waiting, plain.InCheckout),
                $"Seed {seed}, step {step}: {status}, not {plain.Waiting} and {plain.InCheckout}");
        }

        (object? Actual, object? Expected) Do(ValveStep step, UserId user, Instant now)
        {
            switch (step.Kind)
            {
                case ValveStepKind.Join:
                    var joined = machine.Join(user, now);
                    Store(now);
                    return (joined.State == QueueState.Joining ? machine.Tell(user, now) : joined, plain.Join(user));
                case ValveStepKind.Poll:
                    return (machine.Poll(user, now), plain.Poll(user));
                case ValveStepKind.Leave:
                    return (Stored(machine.LeaveLine(user, now), now), plain.Leave(user));
                case ValveStepKind.Complete or ValveStepKind.Abandon when admissions.TryGetValue(user, out var admission):
                    var ended = step.Kind == ValveStepKind.Complete
                        ? machine.Complete(admission.Id, user, now)
                        : machine.Abandon(admission.Id, user, now);
                    return (Stored(ended, now), plain.End(admission));
                case ValveStepKind.Pause or ValveStepKind.Resume or ValveStepKind.SoldOut or ValveStepKind.Rates or ValveStepKind.Close:
                    var command = step.Kind switch
                    {
                        ValveStepKind.Pause => ValveCommand.Pause,
                        ValveStepKind.Resume => ValveCommand.Resume,
                        ValveStepKind.SoldOut => ValveCommand.SoldOut,
                        ValveStepKind.Rates => ValveCommand.SetRates(step.Rates),
                        _ => ValveCommand.Close,
                    };
                    machine.Command(command, now);
                    Store(now);
                    plain.Command(command);
                    return (null, null);
                default:
                    return (machine.Proof(now).Seed is not null, plain.IsDrawn);
            }
        }

        void Live(long microseconds)
        {
            Store(new Instant(microseconds));
            plain.LiveUntil(microseconds);
        }

        void Store(Instant now)
        {
            machine.Advance(now);
            while (machine.HasUnstored)
                machine.Stored(machine.LastRecord, now);
        }

        T Stored<T>(T answer, Instant now)
        {
            Store(now);
            return answer;
        }
    });
}
