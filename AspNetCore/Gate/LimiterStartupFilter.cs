using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// Settles the client's address before anything else looks at it, and builds every endpoint before the server listens, so that a limit
/// that cannot work ends the start and not a request.
/// </summary>
internal sealed class LimiterStartupFilter(HttpSettings settings, PolicyCatalog policies, LimitGates gates, AttributedLimits attributed, ForwardedAddress address) : IStartupFilter
{
    /// <inheritdoc />
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        CheckRecipes();
        if (!settings.TrustedProxies.IsEmpty)
        {
            app.Use(next => context =>
            {
                address.Settle(context);
                return next(context);
            });
        }

        next(app);
        foreach (var endpoint in app.ApplicationServices.GetService<EndpointDataSource>()?.Endpoints ?? [])
            gates.Check(attributed.GatedOf(endpoint));
    };

    private void CheckRecipes()
    {
        var errors = new List<InvalidValue>();
        foreach (var policy in policies.All.Where(policy => policy.KeyRecipe is not null))
        {
            if (!KeyRecipe.TryParse(policy.KeyRecipe, out _, out var error))
                errors.Add(error with { Field = LimitGates.SettingOf(policy.Name) });
        }

        if (errors.Count > 0)
            throw new LimiterConfigurationException(errors);
    }
}
