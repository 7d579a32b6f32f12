using System.Numerics;

namespace OrleansLimiter.Resilience;

/// <summary>
/// The deadlines of all calls under way. Every call has equally long, so that calls fall due in the order in which they began: a few lines
/// of them, one for each processor, with a timer each that waits for the first. Safe for use by many threads.
/// </summary>
internal sealed class Deadlines
{
    private const int MostLines = 16;

    private readonly DeadlineLine[] _lines;

    /// <param name="deadline">How long every call has.</param>
    /// <param name="time">The clock.</param>
    public Deadlines(TimeSpan deadline, TimeProvider time)
    {
        var lines = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(MostLines, Environment.ProcessorCount));
        _lines = [.. Enumerable.Range(0, lines).Select(_ => new DeadlineLine(deadline, time))];
    }

    /// <summary>From now on a call has so long: then <see cref="RemoteCall.GiveUp"/> is called.</summary>
    public void Add(RemoteCall call) => _lines[Thread.GetCurrentProcessorId() & (_lines.Length - 1)].Add(call);
}
