using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Conformance.Valve;

/// <summary>Plays traces on a valve engine and compares each answer with the Core's.</summary>
internal sealed class ValvePlayer(IValveTarget target)
{
    // An engine is asked how it stands at least so often, as a running one's own timer does: time is lived through, not jumped over.
    private const long LongestSilence = ValveMachine.LongestGapMicroseconds;

    // A sale of its own for every play, so that one engine may serve many.
    private static long s_plays;

    /// <summary>Plays a trace until an answer differs.</summary>
    /// <returns>The first difference; null if there is none.</returns>
    public async ValueTask<ValveDifference?> PlayAsync(ValveTrace trace, CancellationToken cancellationToken)
    {
        var sale = SaleId.Of(string.Create(CultureInfo.InvariantCulture, $"play-{Interlocked.Increment(ref s_plays)}"));
        var timing = trace.Timing;
        var spec = ValveSpec.Of(sale, timing.PreQueueAt, timing.OpensAt, timing.Rates, timing.AcceptWithin, timing.MaxPlaces);
        await using var play = await target.StartAsync(trace.Start, SeedOf, cancellationToken);
        await play.Engine.SetUpAsync(spec, cancellationToken);
        var run = new Run(play, spec, new ValveOracle(spec, SeedOf(sale), target.Features, trace.Start), cancellationToken);
        if (target.Features.HasFlag(ValveFeatures.StoresWhenTold))
            await play.StoreAsync(cancellationToken);
        var answers = new List<string>();
        var asked = 0L;
        foreach (var step in trace.Steps)
        {
            var pair = await run.StepAsync(step, asked, trace.Start);
            asked = step.At;
            answers.Add(pair.Actual);
            if (pair.Actual != pair.Expected)
                return new ValveDifference(
                    trace with { Steps = [.. trace.Steps.TakeWhile(earlier => earlier != step), step] }, answers, pair.Expected);
        }

        return null;
    }

    private static DrawSeed SeedOf(SaleId sale) => new(SHA256.HashData(Encoding.UTF8.GetBytes(sale.Value)));

    /// <summary>An engine's answer and the Core's, in words.</summary>
    private readonly record struct Pair(string Actual, string Expected);

    /// <summary>One trace on an engine and on the oracle.</summary>
    private sealed class Run(IValvePlay play, ValveSpec spec, ValveOracle oracle, CancellationToken cancellationToken)
    {
        private readonly Dictionary<UserId, Admission> _admissions = [];

        /// <summary>
        /// Lives through the time until a step, and does it; or says where the valve stood otherwise than it should before.
        /// </summary>
        public async ValueTask<Pair> StepAsync(ValveStep step, long asked, Instant start)
        {
            for (asked += LongestSilence; asked < step.At && step.Kind != ValveStepKind.StandStill; asked += LongestSilence)
            {
                var look = await LookAsync(new Instant(start.Microseconds + asked));
                if (look.Actual != look.Expected)
                    return look with { Actual = string.Create(CultureInfo.InvariantCulture, $"before it, at {asked}: {look.Actual}") };
            }

            return await DoAsync(step, new Instant(start.Microseconds + step.At));
        }

        private async ValueTask<Pair> LookAsync(Instant now)
        {
            await play.SetClockAsync(now, cancellationToken);
            return Compare(await play.Engine.StatusAsync(spec.Sale, cancellationToken), oracle.Status(now));
        }

        private async ValueTask<Pair> DoAsync(ValveStep step, Instant now)
        {
            await play.SetClockAsync(now, cancellationToken);
            var user = UserId.Of(string.Create(CultureInfo.InvariantCulture, $"user {step.User}"));
            var admission = _admissions.GetValueOrDefault(user, new Admission(new AdmissionId(1, 1), spec.Sale, user, now));
            switch (step.Kind)
            {
                case ValveStepKind.Join:
                    return Learn(user, await play.Engine.JoinAsync(spec.Sale, user, cancellationToken), oracle.Ask(step.Kind, user, now));
                case ValveStepKind.Poll:
                    return Learn(user, await play.Engine.PollAsync(spec.Sale, user, cancellationToken), oracle.Ask(step.Kind, user, now));
                case ValveStepKind.Keep:
                    var fault = await play.Engine.KeepAsync(spec.Sale, user, step.Told, cancellationToken);
                    oracle.Keep(user, step.Told, now);
                    return fault.Kind == EngineFaultKind.None ? await LookAsync(now) : new Pair($"fault {fault}", "kept");
                case ValveStepKind.Leave:
                    return Compare(await play.Engine.LeaveAsync(spec.Sale, user, cancellationToken), oracle.Leave(user, now));
                case ValveStepKind.Complete:
                    return Compare(await play.Engine.CompleteAsync(admission, cancellationToken), oracle.End(step.Kind, admission, now));
                case ValveStepKind.Abandon:
                    return Compare(await play.Engine.AbandonAsync(admission, cancellationToken), oracle.End(step.Kind, admission, now));
                case ValveStepKind.SetUp:
                    var other = ValveSpec.Of(spec.Sale, now, now, step.Rates);
                    return Compare(await play.Engine.SetUpAsync(other, cancellationToken), oracle.Status(now));
                case ValveStepKind.Draw:
                    var proof = await play.Engine.DrawAsync(spec.Sale, cancellationToken);
                    return new Pair(proof.IsFault ? $"fault {proof.Fault}" : Text(proof.Value), Text(oracle.Draw(now)));
                case ValveStepKind.StandStill:
                    return Compare(await play.Engine.StatusAsync(spec.Sale, cancellationToken), oracle.Status(now));
                case ValveStepKind.Store:
                    await play.StoreAsync(cancellationToken);
                    oracle.Store(now);
                    return await LookAsync(now);
                case ValveStepKind.Crash:
                    await play.CrashAsync(cancellationToken);
                    oracle.Crash(now);
                    return await LookAsync(now);
                default:
                    var command = CommandOf(step);
                    return Compare(await play.Engine.CommandAsync(spec.Sale, command, cancellationToken), oracle.Command(command, now));
            }
        }

        private Pair Learn(UserId user, ValveReply<ValveAnswer> actual, ValveAnswer expected)
        {
            if (actual.Value.Admission is { } admission)
                _admissions[user] = admission;
            return Compare(actual, expected);
        }

        private static ValveCommand CommandOf(ValveStep step) => step.Kind switch
        {
            ValveStepKind.Pause => ValveCommand.Pause,
            ValveStepKind.Resume => ValveCommand.Resume,
            ValveStepKind.SoldOut => ValveCommand.SoldOut,
            ValveStepKind.Rates => ValveCommand.SetRates(step.Rates),
            _ => ValveCommand.Close,
        };

        // How much is not stored is the engine's own affair.
        private static Pair Compare(ValveReply<ValveStatus> actual, ValveStatus expected) =>
            Compare<ValveStatus>(actual.IsFault ? actual : ValveReply.Of(actual.Value with { Unstored = 0 }), expected);

        private static Pair Compare<T>(ValveReply<T> actual, T expected)
            where T : struct => new(actual.IsFault ? $"fault {actual.Fault}" : actual.Value.ToString()!, expected.ToString()!);

        private static string Text(DrawProof proof) =>
            $"seedHash {proof.SeedHash}, placesHash {proof.PlacesHash}, seed {proof.Seed}, places {string.Join(' ', proof.Places)}";
    }
}

/// <summary>Where a valve engine's answer differs from the Core's.</summary>
/// <param name="Trace">The trace up to the differing answer, and no further.</param>
/// <param name="Answers">The engine's answers.</param>
/// <param name="Expected">What the last should have been.</param>
internal sealed record ValveDifference(ValveTrace Trace, IReadOnlyList<string> Answers, string Expected);
