namespace OrleansLimiter.Silo.Tests.Nodes;

/// <summary>What a front end answered.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Source">Who decided.</param>
/// <param name="Remaining">What is left of the limit, where the answer says.</param>
/// <param name="Text">The body.</param>
internal readonly record struct Answer(int Status, string? Source, long? Remaining, string Text)
{
    /// <summary>Whether it is a decision, by the cluster or in its place.</summary>
    public bool IsDecision => Status is 200 or 429 && Source is "cluster" or "local";
}
