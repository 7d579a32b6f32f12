using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Configuration;

/// <summary>
/// Tells at the start, with all else that is wrong, what was found wrong while the host was put together: where it listens, which engine
/// decides. A default stands in until then.
/// </summary>
internal sealed class EarlyErrors(IReadOnlyCollection<InvalidValue> errors) : IValidateOptions<LimiterOptions>
{
    public ValidateOptionsResult Validate(string? name, LimiterOptions options) =>
        errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors.Select(error => error.ToString()));
}

/// <summary>Adds <see cref="EarlyErrors"/>.</summary>
internal static class EarlyErrorsExtensions
{
    /// <summary>Has the start end where there are errors.</summary>
    public static IServiceCollection AddEarlyErrors(this IServiceCollection services, IReadOnlyCollection<InvalidValue> errors) =>
        services.AddSingleton<IValidateOptions<LimiterOptions>>(new EarlyErrors(errors));
}
