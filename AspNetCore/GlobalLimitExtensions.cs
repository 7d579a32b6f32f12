using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.AspNetCore.Gate;

namespace OrleansLimiter.AspNetCore;

/// <summary>Limits of the whole application.</summary>
public static class GlobalLimitExtensions
{
    /// <summary>
    /// Asks a limit of every request that comes by here, whatever answers it: endpoints, static files, a 404. Endpoints are left out by
    /// <see cref="ExemptFromGlobalLimit"/>. A request that it refuses is answered 429 and goes no further.
    /// </summary>
    /// <remarks>
    /// Where it is called says what it counts. Called first in a web application it comes after routing, authentication and authorization,
    /// which are put before it, so that requests which these answer 401 or 403 do not count; between <c>UseRouting</c> and
    /// <c>UseAuthentication</c> they do. It may be called several times: such limits stack, with each other and with those of endpoints,
    /// and when a later one refuses, this gives its permits back. A request is asked once, also where it is sent through the pipeline again
    /// for a page that says what went wrong. A short-circuited endpoint is answered by routing: it has to require the limit itself or to be
    /// exempt, else the start ends. So it does where the policy does not exist, has no recipe, counts by a route's value, or by the user
    /// before <c>UseAuthentication</c>.
    /// </remarks>
    /// <param name="app">The application.</param>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <returns><paramref name="app"/>.</returns>
    /// <exception cref="ArgumentException"><paramref name="policy"/> is empty.</exception>
    /// <exception cref="InvalidOperationException">There is no limiter: <c>AddOrleansLimiter</c> was not called.</exception>
    /// <exception cref="LimiterConfigurationException">The policy cannot work here.</exception>
    public static IApplicationBuilder UseGlobalLimit(this IApplicationBuilder app, string policy) => Use(app, policy, key: null);

    /// <summary>
    /// Asks a limit of every request as <see cref="UseGlobalLimit(IApplicationBuilder, string)"/> does, and says by a function who is
    /// counted.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <param name="policy">The policy's name; upper case does not matter. It needs no key recipe.</param>
    /// <param name="key">The subject of a request; those for which it is null or empty share one count.</param>
    /// <returns><paramref name="app"/>.</returns>
    /// <exception cref="ArgumentException"><paramref name="policy"/> is empty.</exception>
    /// <exception cref="InvalidOperationException">There is no limiter: <c>AddOrleansLimiter</c> was not called.</exception>
    /// <exception cref="LimiterConfigurationException">The policy cannot work here.</exception>
    public static IApplicationBuilder UseGlobalLimit(this IApplicationBuilder app, string policy, Func<HttpContext, string?> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Use(app, policy, key);
    }

    /// <summary>
    /// Exempts an endpoint, or every endpoint of a group, from the limits of the whole application. Limits that it requires itself are
    /// asked all the same.
    /// </summary>
    /// <typeparam name="TBuilder">The endpoint or the group.</typeparam>
    /// <param name="builder">The endpoint or the group.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static TBuilder ExemptFromGlobalLimit<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new ExemptFromGlobalLimitAttribute()));
        return builder;
    }

    private static IApplicationBuilder Use(IApplicationBuilder app, string policy, Func<HttpContext, string?>? key)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentException.ThrowIfNullOrEmpty(policy);
        var gates = app.ApplicationServices.GetService<LimitGates>() ?? throw LimitGates.Missing();
        var limit = gates.AddGlobal(new LimitRequirement(policy, Cost: 1, Key: key), new PipelinePlace(app));
        return app.Use(next => context => limit.InvokeAsync(context, next));
    }
}
