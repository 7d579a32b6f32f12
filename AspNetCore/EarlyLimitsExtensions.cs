using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.AspNetCore.Gate;

namespace OrleansLimiter.AspNetCore;

/// <summary>Limits that are asked before it is looked who calls.</summary>
public static class EarlyLimitsExtensions
{
    /// <summary>
    /// Asks the limits that endpoints require before authentication
    /// (<see cref="RequireLimitExtensions.RequireLimitBeforeAuthentication{TBuilder}(TBuilder, string, int)"/>), so that requests which are
    /// then answered 401 or 403 count too. To be called after <c>UseRouting</c> and before <c>UseAuthentication</c> and
    /// <c>UseAuthorization</c>, which then have to be called too: left away, a web application puts them first. Called elsewhere, it ends
    /// the start of an application whose endpoints require such limits.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <returns><paramref name="app"/>.</returns>
    /// <exception cref="InvalidOperationException">There is no limiter: <c>AddOrleansLimiter</c> was not called.</exception>
    public static IApplicationBuilder UseLimitsBeforeAuthentication(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var gates = app.ApplicationServices.GetService<LimitGates>() ?? throw LimitGates.Missing();
        gates.AskEarlyAt(new PipelinePlace(app));
        return app.Use(next => context =>
        {
            if (context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<LimitRequirement>() is null)
                return next(context);
            var limits = gates.LimitsOf(endpoint);
            return limits.HasEarly ? limits.EnterAsync(context, LimitPoint.BeforeAuthentication, next) : next(context);
        });
    }
}
