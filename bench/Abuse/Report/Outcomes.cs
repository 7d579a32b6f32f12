using System.Collections.Concurrent;
using System.Globalization;
using OrleansLimiter.AbuseBench.Http;

namespace OrleansLimiter.AbuseBench.Report;

/// <summary>The answers to many requests of one kind. Safe for use by many threads.</summary>
internal sealed class Outcomes
{
    private readonly ConcurrentQueue<Answer> _answers = new();

    /// <summary>How many there are.</summary>
    public int Count => _answers.Count;

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<Answer> All => _answers;

    /// <summary>Adds one.</summary>
    public void Add(Answer answer) => _answers.Enqueue(answer);

    /// <summary>How many have one of these statuses; 0 is no answer.</summary>
    public int Of(params ReadOnlySpan<int> statuses)
    {
        var count = 0;
        foreach (var answer in _answers)
            count += statuses.Contains(answer.Status) ? 1 : 0;
        return count;
    }

    /// <summary>The share, in percent, that had this status within this time; 0 where nothing was asked.</summary>
    public double PercentWithin(int status, TimeSpan within) => Count == 0
        ? 0
        : 100.0 * _answers.Count(answer => answer.Status == status && answer.Milliseconds <= within.TotalMilliseconds) / Count;

    /// <summary>A quantile of the time that answers took, in milliseconds; 0 where nothing was asked.</summary>
    public double Quantile(double share)
    {
        var times = _answers.Select(answer => answer.Milliseconds).Order().ToArray();
        return times.Length == 0 ? 0 : times[Math.Min(times.Length - 1, (int)Math.Ceiling(share * times.Length) - 1)];
    }

    /// <summary>How many of each status, as in <c>200: 79, 503: 1</c>; 0 is no answer.</summary>
    public string Statuses() => string.Join(", ", _answers.GroupBy(answer => answer.Status).OrderBy(group => group.Key)
        .Select(group => string.Create(CultureInfo.InvariantCulture, $"{(group.Key == 0 ? "none" : group.Key)}: {group.Count()}")));
}
