using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>
/// What came of an acquire or a peek of a key that is numbers alone, before the answer is worked out: made by
/// <see cref="KeyRules.TryDecide"/>, read by <see cref="KeyRules.Describe"/>.
/// </summary>
/// <param name="Settled">The numbers after it.</param>
/// <param name="Outcome">How it came out.</param>
/// <param name="Permits">How many permits were asked for; where as many as there are will do: so many, or one.</param>
/// <param name="Charged">How many were charged.</param>
/// <param name="Delay">How long who was admitted waits for its turn.</param>
internal readonly record struct Verdict(StateCells Settled, Outcome Outcome, long Permits, long Charged, Wait Delay);
