using Microsoft.AspNetCore.HostFiltering;

namespace OrleansLimiter.Hosting.Http;

/// <summary>Refuses requests that name another host than this service has (<see cref="HostNames"/>): 400.</summary>
/// <param name="names">The names it has.</param>
/// <param name="refuse">Writes the refusal.</param>
internal sealed class HostCheck(HostNames names, RequestDelegate refuse) : IStartupFilter
{
    private volatile string? _lastGood; // one string comparison instead of taking the port off each time

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        if (!names.IsAny)
            app.Use(following => context => IsGood(context.Request.Host) ? following(context) : refuse(context));
        next(app);
    };

    private bool IsGood(HostString host)
    {
        if (host.Value == _lastGood)
            return true;
        if (!names.Contains(host.Host))
            return false;
        _lastGood = host.Value;
        return true;
    }
}

/// <summary>Adds <see cref="HostCheck"/>.</summary>
internal static class HostCheckExtensions
{
    /// <summary>
    /// Checks the host of each request, in place of the framework's own check, which answers in HTML and logs the name that was sent.
    /// </summary>
    /// <param name="services">Where to.</param>
    /// <param name="names">The names there are.</param>
    /// <param name="refuse">Writes the refusal.</param>
    public static IServiceCollection AddHostCheck(this IServiceCollection services, HostNames names, RequestDelegate refuse)
    {
        services.AddSingleton<IStartupFilter>(new HostCheck(names, refuse));
        services.PostConfigure<HostFilteringOptions>(options => options.AllowedHosts = ["*"]);
        return services;
    }
}
