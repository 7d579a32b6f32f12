using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Conformance;

/// <summary>Requests to a few keys, each at its time. A step that is left out changes nothing of the others.</summary>
/// <param name="Seed">What it was drawn from.</param>
/// <param name="Start">Where the clock stands at first.</param>
/// <param name="Specs">The specs that callers name, the oldest first.</param>
/// <param name="Steps">The requests in the order in which they are made.</param>
public sealed record Trace(long Seed, Instant Start, IReadOnlyList<LimitSpec> Specs, IReadOnlyList<TraceStep> Steps);

/// <summary>One request of a trace.</summary>
/// <param name="Number">Its number in the trace as drawn.</param>
/// <param name="At">When, in microseconds since the trace's start; less than before where the clock steps back.</param>
/// <param name="Key">Which key.</param>
/// <param name="Spec">Which of the trace's specs the caller names.</param>
/// <param name="Operation">What is asked.</param>
/// <param name="Permits">How many permits.</param>
/// <param name="Id">The request id; null for none.</param>
/// <param name="LeaseOf">For permits that are lent: what they are named by. For a release: the number of the step whose place it frees, or
/// whose turn it withdraws; one that nobody was given where that step is not in the trace.</param>
public sealed record TraceStep(int Number, long At, int Key, int Spec, Operation Operation, long Permits, string? Id, int LeaseOf);
