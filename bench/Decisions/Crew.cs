namespace OrleansLimiter.Benchmarks;

/// <summary>Threads that wait for the word, do the same work at once, and are waited for.</summary>
internal sealed class Crew : IDisposable
{
    private readonly Barrier _barrier;
    private readonly Thread[] _threads;
    private Action<int>? _work;

    public Crew(int size)
    {
        _barrier = new Barrier(size + 1);
        _threads = [.. Enumerable.Range(0, size).Select(place => new Thread(() => Live(place)) { IsBackground = true })];
        foreach (var thread in _threads)
            thread.Start();
    }

    /// <summary>Has every thread do <paramref name="work"/>, which is told the thread's place, and waits for all.</summary>
    public void Do(Action<int> work)
    {
        _work = work;
        _barrier.SignalAndWait();
        _barrier.SignalAndWait();
    }

    public void Dispose()
    {
        _work = null;
        _barrier.SignalAndWait();
        foreach (var thread in _threads)
            thread.Join();
        _barrier.Dispose();
    }

    private void Live(int place)
    {
        while (true)
        {
            _barrier.SignalAndWait();
            if (_work is not { } work)
                return;
            work(place);
            _barrier.SignalAndWait();
        }
    }
}
