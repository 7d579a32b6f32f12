using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve.Records;

/// <summary>
/// One fact about a valve that must outlive the process that holds it. What the numbers mean: <see cref="ValveRecordKind"/>.
/// </summary>
/// <param name="Number">Records are numbered from 1 without a gap; those of a snapshot all carry the number of the last that it
/// covers.</param>
/// <param name="Kind">What it says.</param>
/// <param name="At">When it came to be so.</param>
/// <param name="Place">A place's number, or what the kind says.</param>
/// <param name="User">Whose place it is, or what the kind says.</param>
/// <param name="A">A number, at least 0 but for a seed's part.</param>
/// <param name="B">Another.</param>
internal readonly record struct ValveRecord(
    long Number, ValveRecordKind Kind, Instant At, long Place = 0, UserId User = default, long A = 0, long B = 0);
