using System.Globalization;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Conformance;

/// <summary>Plays traces on an engine and compares each answer with the Core's.</summary>
internal sealed class Player(IConformanceTarget target)
{
    // Tenants and policies of their own for every play, so that one engine may serve many.
    private static long s_plays;

    // Some places are named by who asks for them, and short-lived until they are renewed; most turns are.
    private const int OneInNamed = 4;

    private static readonly LeaseId Unheard = new(UInt128.MaxValue);

    /// <summary>Plays a trace until an answer differs.</summary>
    /// <returns>The first difference; null if there is none.</returns>
    public async ValueTask<Difference?> PlayAsync(Trace trace, CancellationToken cancellationToken)
    {
        var keys = NewKeys();
        var oracle = new Oracle(target.Features);
        var leases = new Dictionary<LeaseId, int>();
        var given = new Dictionary<int, (LeaseId Engine, LeaseId Oracle)>();
        var names = new Dictionary<int, LeaseId>();
        var answers = new List<Answer>();
        await using var play = await target.StartAsync(trace.Start, cancellationToken);
        foreach (var step in trace.Steps)
        {
            var now = new Instant(trace.Start.Microseconds + step.At);
            await play.SetClockAsync(now, cancellationToken);
            var request = new LimitRequest(
                keys[step.Key],
                trace.Specs[step.Spec],
                step.Operation,
                Permits.Of(step.Permits),
                step.Id is null ? RequestId.None : RequestId.Of(step.Id));
            (LeaseId Engine, LeaseId Oracle) lease = step.LeaseOf == 0
                ? default
                : given.GetValueOrDefault(step.LeaseOf, (Unheard, Unheard));
            if (step.Operation is Operation.Acquire or Operation.AcquireUpTo && IsNamed(step, request.Spec.Algorithm))
            {
                var name = request.Spec.Algorithm == Algorithm.Concurrency
                    ? LeaseId.Provisional((UInt128)step.Number)
                    : new LeaseId((UInt128)step.Number << 64);
                (lease, names[step.Number]) = ((name, name), name);
            }

            // A lease has the name that its caller gave it: of the step that it was first asked for in, and the key.
            if (step.Operation is Operation.Lease or Operation.Return)
            {
                var name = new LeaseId((UInt128)step.LeaseOf << 32 | (UInt128)step.Key);
                lease = (name, name);
            }

            Answer actual;
            try
            {
                var reply = await play.Engine.ExecuteAsync(request with { Lease = lease.Engine }, cancellationToken);
                actual = Answer.Of(reply, step.Number, leases);
                if (actual.LeaseOf != 0)
                    given[step.Number] = (reply.Decision.Lease, names.GetValueOrDefault(actual.LeaseOf, LeaseOfStep(actual.LeaseOf)));
            }
            catch (NotSupportedException)
            {
                actual = Answer.NotSupported;
            }

            answers.Add(actual);
            var expected = oracle.Ask(request with { Lease = lease.Oracle }, LeaseOfStep(step.Number), step.Number, now, actual);
            if (expected != actual)
                return new Difference(
                    trace with { Steps = [.. trace.Steps.TakeWhile(earlier => earlier != step), step] }, answers, expected);
        }

        return null;
    }

    private static bool IsNamed(TraceStep step, Algorithm algorithm) => algorithm switch
    {
        Algorithm.Concurrency => step.Number % OneInNamed == 0,
        Algorithm.LeakyBucket => step.Number % OneInNamed != 0 && step.Id is null,
        _ => false,
    };

    private static LeaseId LeaseOfStep(int number) => new((UInt128)number);

    // Two subjects of one tenant, and one of them again with another tenant.
    private static SubjectKey[] NewKeys()
    {
        var policy = string.Create(CultureInfo.InvariantCulture, $"play-{Interlocked.Increment(ref s_plays)}");
        var (acme, other) = (KeyScope.Of("acme", policy), KeyScope.Of("other", policy));
        return
        [
            SubjectKey.Of(acme, "user_123"),
            SubjectKey.Of(acme, "a rather long subject: Grüße/{1}"),
            SubjectKey.Of(other, "user_123"),
        ];
    }
}

/// <summary>Where an engine's answer differs from the Core's.</summary>
/// <param name="Trace">The trace up to the differing answer, and no further.</param>
/// <param name="Answers">The engine's answers.</param>
/// <param name="Expected">What the last should have been.</param>
internal sealed record Difference(Trace Trace, IReadOnlyList<Answer> Answers, Answer Expected);
