using Microsoft.Extensions.Options;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter;

/// <summary>
/// The limiter cannot start: settings are wrong. The message holds one line per error: setting, value, rule. No secret is in it.
/// </summary>
public sealed class LimiterConfigurationException : OptionsValidationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errors">Everything that is wrong, at least one.</param>
    public LimiterConfigurationException(IReadOnlyCollection<InvalidValue> errors)
        : this(errors.Select(error => error.ToString()))
    {
    }

    internal LimiterConfigurationException(IEnumerable<string> failures)
        : base(Microsoft.Extensions.Options.Options.DefaultName, typeof(LimiterOptions), failures)
    {
    }

    /// <inheritdoc />
    public override string Message => string.Join('\n', Failures);
}
