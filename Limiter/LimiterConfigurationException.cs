using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter;

/// <summary>The limiter cannot start: settings are wrong. The message holds one line per error: setting, value, rule. No secret is in it.</summary>
public sealed class LimiterConfigurationException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errors">Everything that is wrong, at least one.</param>
    public LimiterConfigurationException(IReadOnlyList<InvalidValue> errors)
        : base(string.Join('\n', errors)) => Errors = errors;

    /// <summary>Everything that is wrong.</summary>
    public IReadOnlyList<InvalidValue> Errors { get; }
}
