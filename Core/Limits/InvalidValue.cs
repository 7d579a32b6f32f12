namespace OrleansLimiter.Core.Limits;

/// <summary>Why a value was not accepted: which field, what it was, and the rule it breaks.</summary>
/// <param name="Field">The field's path, as in <c>bandwidths[1].window</c>.</param>
/// <param name="Value">The value with its unit, as it may be shown to whoever sent it.</param>
/// <param name="Rule">The rule, as the end of a sentence: "must be at least 1".</param>
public sealed record InvalidValue(string Field, string Value, string Rule)
{
    /// <summary>The same complaint about a field inside <paramref name="parent"/>.</summary>
    /// <param name="parent">The path of what holds the field.</param>
    /// <returns>The complaint with the longer path.</returns>
    public InvalidValue Within(string parent) => this with { Field = $"{parent}.{Field}" };

    /// <summary>The complaint as one sentence.</summary>
    /// <returns>Field, value and rule.</returns>
    public override string ToString() => $"{Field} is {Value}: it {Rule}.";
}
