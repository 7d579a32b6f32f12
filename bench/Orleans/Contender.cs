using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.OrleansBenchmarks;

/// <summary>One way to get decisions from the cluster.</summary>
/// <param name="Name">What it is called in the table.</param>
/// <param name="LoopAsync">Asks for one key after the other, in a given order, until told to stop, and says how often.</param>
internal sealed record Contender(string Name, Func<int[], Course, CancellationToken, Task<long>> LoopAsync)
{
    /// <summary>The actors, called as Orleans calls them, with messages made before.</summary>
    public static Contender Bare(Keys keys) => new("bare grain calls", async (order, course, cancellationToken) =>
    {
        var calls = 0L;
        for (var i = 0; !course.IsOver; i = i + 1 == order.Length ? 0 : i + 1)
        {
            try
            {
                var reply = await keys.Grains[order[i]].ExecuteAsync(keys.Message, cancellationToken).ConfigureAwait(false);
                if (reply.Charged == 1)
                    calls++;
                else
                    course.CountFailure();
            }
            catch (TimeoutException)
            {
                course.CountFailure();
            }
        }

        return calls;
    });

    /// <summary>An engine. What was decided in the cluster's place does not count.</summary>
    public static Contender Engine(string name, ILimitEngine engine, Keys keys) => new(name, async (order, course, cancellationToken) =>
    {
        var calls = 0L;
        for (var i = 0; !course.IsOver; i = i + 1 == order.Length ? 0 : i + 1)
        {
            var reply = await engine.ExecuteAsync(keys.Requests[order[i]], cancellationToken).ConfigureAwait(false);
            if (reply.Decision.Charged == 1 && reply.Source == ReplySource.Engine)
                calls++;
            else
                course.CountFailure();
        }

        return calls;
    });

    /// <summary>Has so many callers ask at once for a while.</summary>
    /// <param name="orders">For each caller, the keys in turn.</param>
    /// <param name="length">For how long.</param>
    /// <param name="siloTime">The processor time that the silo's process has had; null where it is this one.</param>
    /// <returns>How it went.</returns>
    public async Task<Round> RunAsync(int[][] orders, TimeSpan length, Func<TimeSpan>? siloTime)
    {
        var course = new Course();
        var sources = orders.Select(_ => new CancellationTokenSource()).ToArray();
        var siloCpu = siloTime?.Invoke() ?? default;
        var (start, cpu, allocated) = (TimeProvider.System.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes());
        var loops = orders.Zip(sources, (order, source) => Task.Run(() => LoopAsync(order, course, source.Token))).ToArray();
        await Task.Delay(length);
        course.End();
        var calls = (await Task.WhenAll(loops)).Sum();
        var elapsed = TimeProvider.System.GetElapsedTime(start);
        foreach (var source in sources)
            source.Dispose();
        return new(
            calls / elapsed.TotalSeconds,
            (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / calls,
            ((siloTime?.Invoke() ?? default) - siloCpu).TotalMicroseconds / calls,
            (double)(GC.GetTotalAllocatedBytes() - allocated) / calls,
            course.Failures);
    }
}

/// <summary>How one round went.</summary>
/// <param name="Rate">Decisions per second.</param>
/// <param name="Microseconds">Processor time of this process for a decision.</param>
/// <param name="SiloMicroseconds">Processor time of the silo's process for a decision; 0 where it is this one.</param>
/// <param name="Bytes">Bytes that this process allocated for a decision.</param>
/// <param name="Failures">Calls that the cluster did not decide: a machine that pauses for seconds has some.</param>
internal readonly record struct Round(double Rate, double Microseconds, double SiloMicroseconds, double Bytes, long Failures);

/// <summary>A round under way. Safe for many threads.</summary>
internal sealed class Course
{
    private volatile bool _isOver;
    private long _failures;

    public bool IsOver => _isOver;

    public long Failures => Interlocked.Read(ref _failures);

    public void End() => _isOver = true;

    public void CountFailure() => Interlocked.Increment(ref _failures);
}
