namespace OrleansLimiter.Hosting.Http;

/// <summary>
/// Routes that are read: GET, and HEAD, which is answered by the same status and headers (RFC 9110, 9.3.2); the server leaves the body
/// away.
/// </summary>
internal static class ReadRoutes
{
    private static readonly HttpMethodMetadata Both = new([HttpMethods.Get, HttpMethods.Head]);

    /// <summary>Maps a route that is read.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="pattern">Its path.</param>
    /// <param name="answer">Answers both methods.</param>
    /// <returns>The route.</returns>
    public static IEndpointConventionBuilder MapRead(this IEndpointRouteBuilder routes, string pattern, RequestDelegate answer) =>
        routes.MapMethods(pattern, Both.HttpMethods, answer);

    /// <summary>Has a route that another mapped for GET answer HEAD too.</summary>
    public static TBuilder WithHead<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(Both);
}
