using OrleansLimiter.Hosting.Http;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Hosting.Writing;

namespace OrleansLimiter.Hosting.Reading;

/// <summary>
/// Refuses query parameters that a route does not know, by name: whoever misspells one must not be answered as if it had been left out. A
/// route that says nothing knows none. The limit service's routes, which no middleware behind routing sees, do the same themselves.
/// </summary>
internal static class KnownQueries
{
    /// <summary>
    /// Adds the check. Behind authorization, so that who may not call hears that, and before the limits, so that nothing is charged.
    /// </summary>
    public static void UseKnownQueries(this WebApplication app)
    {
        var operators = app.Services.GetRequiredService<OperatorKey>();
        app.Use((context, next) => ErrorIn(context, operators) is { } error ? Replies.WriteError(context, error) : next(context));
    }

    /// <summary>Says which parameters the routes know.</summary>
    public static TBuilder WithQuery<TBuilder>(this TBuilder routes, params string[] names)
        where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata([
            new Names(names),
            .. names.Select(name => new DescribedParameter(name, IsHeader: false, typeof(string), IsRequired: false, Description: null)),
        ]);

    private static RequestError? ErrorIn(HttpContext context, OperatorKey operators)
    {
        if (!context.Request.QueryString.HasValue || context.GetEndpoint() is not RouteEndpoint { Metadata: var route })
            return null;

        // These answer strangers for themselves, with what they would be answered without a query.
        if (!OperationsRoutes.IsServedHere(context, route)
            || (route.GetMetadata<OperatorKey.Required>() is not null && !operators.IsPresented(context)))
            return null;
        return QueryReader.UnknownIn(context.Request.QueryString.Value, route.GetMetadata<Names>()?.All ?? []);
    }

    private sealed record Names(string[] All);
}
