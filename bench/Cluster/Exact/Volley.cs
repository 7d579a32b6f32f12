using System.Diagnostics;
using OrleansLimiter.ClusterBench.Http;
using OrleansLimiter.ClusterBench.Report;

namespace OrleansLimiter.ClusterBench.Exact;

/// <summary>
/// Requests that are under way at the same time, each on a connection of its own, spread evenly over the targets. All are sent but
/// for their last byte; then the last bytes follow, as fast as one thread can, and only then are answers read.
/// </summary>
internal sealed class Volley : IDisposable
{
    private const int WarmUpAtOnce = 50;
    private const int WarmUpSeconds = 30;

    private static readonly TimeSpan HeadsArriveIn = TimeSpan.FromMilliseconds(50);

    private readonly Connection[] _connections;
    private readonly Readiness _readiness = new();
    private readonly TimeSpan _timeout;

    public Volley(Target[] targets, int size, TimeSpan timeout)
    {
        _timeout = timeout;
        _connections = [.. Enumerable.Range(0, size).Select(i => new Connection(targets[i % targets.Length]))];
    }

    /// <summary>
    /// Uses every connection under the policy, on keys of its own, a few at a time, until all of one pass are decided: the first
    /// requests compile code, open connections behind the front ends and may miss a deadline, which is not what is measured.
    /// </summary>
    public void WarmUp(string policy, string run)
    {
        var since = Stopwatch.GetTimestamp();
        for (var pass = 0; ; pass++)
        {
            var undecided = 0;
            foreach (var (few, connections) in _connections.Chunk(WarmUpAtOnce).Index())
            {
                var result = Send(connections, policy, $"{run}-warm-{policy}-{pass}-{few}", atOnce: false);
                undecided += result.Unavailable503 + result.Other;
            }

            if (undecided == 0)
                return;
            if (Stopwatch.GetElapsedTime(since).TotalSeconds > WarmUpSeconds)
                throw new UsageException(
                    $"{policy}: after {WarmUpSeconds} s of warming up, {undecided} of {_connections.Length} requests were still not "
                    + $"answered with 200 or 429.");
        }
    }

    public VolleyResult Fire(string policy, string key) => Send(_connections, policy, key, atOnce: true);

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
    }

    private VolleyResult Send(Connection[] connections, string policy, string key, bool atOnce)
    {
        var counts = new Tally();
        var connected = Array.FindAll(connections, connection => connection.IsUsable || connection.Connect(wait: true));
        counts.Failed(connections.Length - connected.Length);
        var requests = connected.Select(connection => connection.Target).Distinct()
            .ToDictionary(target => target, target => target.Charge(policy, key, cost: 1));
        var alive = Array.FindAll(connected, connection => connection.Send(requests[connection.Target].AsSpan()[..^1]));
        if (atOnce)
            Thread.Sleep(HeadsArriveIn);
        var started = Stopwatch.GetTimestamp();
        alive = Array.FindAll(alive, connection => connection.Send(requests[connection.Target].AsSpan()[^1..]));
        var sentWithin = Stopwatch.GetElapsedTime(started);
        counts.Failed(connected.Length - alive.Length);

        foreach (var connection in alive)
            _readiness.Add(connection, toWrite: false);
        while (_readiness.Count > 0 && _timeout - Stopwatch.GetElapsedTime(started) is { Ticks: > 0 } left)
            _readiness.Wait((long)left.TotalMicroseconds, Receive);
        var answeredAfter = Stopwatch.GetElapsedTime(started);
        counts.Failed(_readiness.Count);
        while (_readiness.Count > 0)
            Close(_readiness.Waiting[0]);
        return counts.Result(sentWithin, answeredAfter);

        void Receive(Connection connection)
        {
            if (connection.Receive() is not { } failure)
                return;
            if (failure != Failure.None)
                counts.Failed(1);
            else
                counts.Answered(connection.Response);
            if (failure != Failure.None || connection.Response.MustClose)
                Close(connection);
            else
                _readiness.Remove(connection);
        }

        void Close(Connection connection)
        {
            _readiness.Remove(connection);
            connection.Dispose();
        }
    }

    /// <summary>Counts the answers of one volley.</summary>
    private sealed class Tally
    {
        private readonly SortedDictionary<AnswerSource, int> _sources = [];
        private int _admitted, _refused, _unavailable, _other;

        public void Failed(int count) => _other += count;

        public void Answered(ResponseReader response)
        {
            switch (response.Status)
            {
                case 200: _admitted++; break;
                case 429: _refused++; break;
                case 503: _unavailable++; break;
                default: _other++; break;
            }

            _sources[response.Source] = _sources.GetValueOrDefault(response.Source) + 1;
        }

        public VolleyResult Result(TimeSpan sentWithin, TimeSpan answeredAfter) => new(_admitted, _refused, _unavailable, _other,
            string.Join(", ", _sources.Select(source => $"{Totals.Words(source.Key)} {source.Value}")), sentWithin, answeredAfter);
    }
}
