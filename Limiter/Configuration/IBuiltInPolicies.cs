namespace OrleansLimiter.Configuration;

/// <summary>
/// Policies that a program brings along: in the options before configuration is read, which may change every part of them.
/// </summary>
internal interface IBuiltInPolicies
{
    /// <summary>Adds them to options that hold nothing yet but other built-in policies.</summary>
    void AddTo(LimiterOptions options);
}
