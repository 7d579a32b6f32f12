using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Hosting.Writing;

namespace OrleansLimiter.Hosting.Http;

/// <summary>
/// Says of routes, where they are mapped, what the API's description tells of them. Handlers read requests and write responses by hand, so
/// nothing can be found out from their parameters. All of it is metadata that nobody looks at when a request is answered.
/// </summary>
internal static class RouteDescriptions
{
    // Who describes endpoints looks for a handler's method, and takes those without one for no part of the API. All of ours are of this
    // shape.
    private static readonly MethodInfo HandReads = ((RequestDelegate)HandRead).Method;

    /// <summary>Makes a route, or a group's, a part of the description. An unknown parameter of the query is refused by each.</summary>
    public static TBuilder Describe<TBuilder>(this TBuilder route, string summary)
        where TBuilder : IEndpointConventionBuilder =>
        route.WithSummary(summary).WithMetadata(HandReads, ProblemOf(StatusCodes.Status400BadRequest));

    /// <summary>
    /// Its body is JSON. The metadata names no media type: routing would else compare it itself, and answer 415 without saying why.
    /// </summary>
    public static IEndpointConventionBuilder AcceptsJson<TBody>(this IEndpointConventionBuilder route) => route
        .WithMetadata(new AcceptsMetadata([], typeof(TBody)))
        .ProducesProblems(StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType);

    /// <summary>Its answer of a status is JSON.</summary>
    public static IEndpointConventionBuilder ProducesJson<TBody>(this IEndpointConventionBuilder route, int status = 200) =>
        route.ProducesText<TBody>(status, Replies.Json);

    /// <summary>Its answer of a status is of a media type.</summary>
    public static IEndpointConventionBuilder ProducesText<TBody>(this IEndpointConventionBuilder route, int status, string mediaType) =>
        route.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(TBody), [mediaType]));

    /// <summary>Its answer of a status has no body.</summary>
    public static IEndpointConventionBuilder ProducesNothing(this IEndpointConventionBuilder route, int status) =>
        route.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(void)));

    /// <summary>Its errors of these statuses are problems.</summary>
    public static TBuilder ProducesProblems<TBuilder>(this TBuilder route, params int[] statuses)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata([.. statuses.Select(ProblemOf)]);

    /// <summary>A parameter of its query.</summary>
    public static IEndpointConventionBuilder TakesQuery<T>(
        this IEndpointConventionBuilder route, string name, bool isRequired = false, string? description = null) =>
        route.WithMetadata(new DescribedParameter(name, IsHeader: false, typeof(T), isRequired, description));

    public static IEndpointConventionBuilder TakesHeader(this IEndpointConventionBuilder route, string name, string? description = null) =>
        route.WithMetadata(new DescribedParameter(name, IsHeader: true, typeof(string), IsRequired: false, description));

    /// <summary>A key by which its callers may say who they are, in a header.</summary>
    public static IEndpointConventionBuilder TakesKey(this IEndpointConventionBuilder route, string header) =>
        route.WithMetadata(new DescribedKey(header));

    private static object ProblemOf(int status) => new ProducesResponseTypeMetadata(status, typeof(Problem), [Problem.MediaType]);

    private static Task HandRead(HttpContext context) => Task.CompletedTask;
}

/// <summary>A parameter that a handler reads by hand.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsHeader">Whether it is a header; else it stands in the query.</param>
/// <param name="Type">What its text is.</param>
/// <param name="IsRequired">Whether it must be there.</param>
/// <param name="Description">What it means; null: its name says it.</param>
internal sealed record DescribedParameter(string Name, bool IsHeader, Type Type, bool IsRequired, string? Description);

/// <summary>A key in a header, by which a caller may say who calls.</summary>
/// <param name="Header">The header.</param>
internal sealed record DescribedKey(string Header);

/// <summary>Responses of the route carry <c>RateLimit</c> headers, though it may not answer 429.</summary>
internal sealed class DescribedRateLimit;
