namespace OrleansLimiter.SaleBench.Play;

/// <summary>A position in line that somebody was told.</summary>
/// <param name="Sent">Not later than the question.</param>
/// <param name="Received">Not earlier than the answer.</param>
/// <param name="Position">What was told.</param>
internal readonly record struct Telling(long Sent, long Received, int Position);
