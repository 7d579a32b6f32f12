using OrleansLimiter.ClusterBench.Http;

namespace OrleansLimiter.ClusterBench.Load;

/// <summary>What became of one request. Times are microseconds from the start of the measured time.</summary>
/// <param name="Due">When it was to be sent. Its latency counts from here.</param>
/// <param name="Sent">When it was sent; its due time if it never was.</param>
/// <param name="Done">When its answer was whole, or it was given up.</param>
/// <param name="Key">The number of its key.</param>
/// <param name="Status">The HTTP status; 0 without an answer.</param>
/// <param name="Failure">Why there is no answer.</param>
/// <param name="Source">Who decided.</param>
/// <param name="Admitted">How many permits were admitted.</param>
internal readonly record struct Outcome(
    long Due, long Sent, long Done, int Key, short Status, Failure Failure, AnswerSource Source, int Admitted)
{
    /// <summary>Whether it was answered with a decision: admitted or refused.</summary>
    public bool IsDecided => Status is 200 or 429;

    public bool IsError => Failure != Failure.None || Status >= 500;
}
