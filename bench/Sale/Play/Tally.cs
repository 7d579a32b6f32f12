using System.Collections.Concurrent;
using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Play;

/// <summary>How many answers of each kind there were. Safe for use by many threads.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<string, (long Count, AnswerKind Kind)> _answers = new(StringComparer.Ordinal);

    /// <summary>Counts an answer.</summary>
    public void Count(in Answer answer) =>
        _answers.AddOrUpdate(
            answer.Name, static (_, kind) => (1, kind), static (_, before, _) => (before.Count + 1, before.Kind), answer.Kind);

    /// <summary>How many answers of a kind there were.</summary>
    public long Of(AnswerKind kind) => _answers.Values.Where(one => one.Kind == kind).Sum(one => one.Count);

    /// <summary>The answers by their names, the most frequent first.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> All(Func<AnswerKind, bool>? which = null) =>
        [.. _answers.Where(one => which is null || which(one.Value.Kind)).Select(one => KeyValuePair.Create(one.Key, one.Value.Count))
            .OrderByDescending(one => one.Value).ThenBy(one => one.Key, StringComparer.Ordinal)];
}
