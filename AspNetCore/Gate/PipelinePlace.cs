using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>
/// Where a middleware of limits stands, seen by the marks that the framework's own leave on a pipeline: whether it comes before routing,
/// and after authentication. Used by one thread, at the start.
/// </summary>
internal sealed class PipelinePlace
{
    private const string Routing = "__EndpointRouteBuilder";
    private const string Authentication = "__AuthenticationMiddlewareSet";
    private const string Authorization = "__AuthorizationMiddlewareSet";

    private readonly IDictionary<string, object?> _marks;
    private readonly IServiceProvider _services;
    private readonly bool _isRouted;
    private readonly bool _isAuthenticated;
    private readonly bool _isAuthorized;
    private bool _routesLater;
    private bool _authenticatesLater;
    private bool _authorizesLater;
    private bool? _isOfWebApplication;

    /// <summary>The middleware is put here, after what is there.</summary>
    public PipelinePlace(IApplicationBuilder app)
    {
        _marks = app.Properties;
        _services = app.ApplicationServices;
        _isRouted = _marks.ContainsKey(Routing);
        _isAuthenticated = _marks.ContainsKey(Authentication);
        _isAuthorized = _marks.ContainsKey(Authorization);
    }

    /// <summary>
    /// Whether routing comes later, so that no endpoint is known yet. A web application that does not call it has it first.
    /// </summary>
    public bool IsBeforeRouting => !_isRouted && (_routesLater || _isOfWebApplication != true);

    /// <summary>Whether the application has it be found later who calls.</summary>
    public bool IsBeforeAuthentication => !_isAuthenticated && _authenticatesLater;

    /// <summary>Why it is known here already who calls, or decided what they may; null where neither is.</summary>
    public string? AfterWhat
    {
        get
        {
            if (_isAuthenticated)
                return "called after UseAuthentication()";
            if (_isAuthorized)
                return "called after UseAuthorization()";
            if (_isOfWebApplication != true || !HasSchemes())
                return null;
            if (!_authenticatesLater)
                return "in an application that does not call UseAuthentication(), which a web application then puts first";
            return !_authorizesLater && _services.GetService<IAuthorizationHandlerProvider>() is not null
                ? "in an application that does not call UseAuthorization(), which a web application then puts first"
                : null;
        }
    }

    /// <summary>The application has put into the pipeline what it does. A second time it is not looked at.</summary>
    /// <param name="isOfWebApplication">Whether a web application adds its own to that, first.</param>
    public void Close(bool isOfWebApplication)
    {
        if (_isOfWebApplication is not null)
            return;
        _isOfWebApplication = isOfWebApplication;
        _routesLater = !_isRouted && _marks.ContainsKey(Routing);
        _authenticatesLater = !_isAuthenticated && _marks.ContainsKey(Authentication);
        _authorizesLater = !_isAuthorized && _marks.ContainsKey(Authorization);
    }

    // Without any nobody is known, and nobody is refused.
    private bool HasSchemes() =>
        _services.GetService<IAuthenticationSchemeProvider>()?.GetAllSchemesAsync().GetAwaiter().GetResult().Any() == true;
}
