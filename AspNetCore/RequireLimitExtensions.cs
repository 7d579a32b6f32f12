using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OrleansLimiter.AspNetCore.Gate;

namespace OrleansLimiter.AspNetCore;

/// <summary>Limits on endpoints.</summary>
public static class RequireLimitExtensions
{
    /// <summary>
    /// Requires a limit of an endpoint, or of every endpoint of a group: a request that the policy refuses is answered 429 with problem
    /// details and does not reach the endpoint. The subject is made by the policy's key recipe (<see cref="PolicyOptions.Key"/>) and
    /// counts under the service's own tenant. The limit is asked after authentication and before the body is read.
    /// </summary>
    /// <remarks>
    /// Several may be required: a group's before its endpoints', else in the order of the calls, leaky buckets last. When one refuses,
    /// those asked before it give their permits back. A place of a concurrency limit is freed when the endpoint has finished. A policy that
    /// does not exist, has no recipe or has a wrong one, and a cost above its capacity end the start with a
    /// <see cref="LimiterConfigurationException"/>. So does a limit of a fallback route to a controller or a page, which routing runs
    /// without it. A request that a leaky bucket admits waits before the endpoint until its turn, 60 s at most: a policy that makes anybody
    /// wait longer ends the start too. A place of a concurrency limit is renewed while the endpoint runs.
    /// </remarks>
    /// <typeparam name="TBuilder">The endpoint or the group.</typeparam>
    /// <param name="builder">The endpoint or the group.</param>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <param name="cost">How many permits a request takes, 0 to the policy's capacity. Default 1.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="ArgumentException"><paramref name="policy"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="cost"/> is negative.</exception>
    public static TBuilder RequireLimit<TBuilder>(this TBuilder builder, string policy, int cost = 1)
        where TBuilder : IEndpointConventionBuilder => Require(builder, policy, cost, LimitPoint.Endpoint, key: null);

    /// <summary>
    /// Requires a limit as <see cref="RequireLimit{TBuilder}(TBuilder, string, int)"/> does, and says by a function who is counted. The
    /// policy needs no key recipe then; one that it has is not used here.
    /// </summary>
    /// <remarks>
    /// The function is called once for each request that comes to the limit, after authentication and before the body is read. Requests for
    /// which it is null or empty share one count. A subject of over 256 bytes of UTF-8, or that holds control characters, is counted by its
    /// hash. What the function throws ends the request.
    /// </remarks>
    /// <typeparam name="TBuilder">The endpoint or the group.</typeparam>
    /// <param name="builder">The endpoint or the group.</param>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <param name="key">The subject of a request.</param>
    /// <param name="cost">How many permits a request takes, 0 to the policy's capacity. Default 1.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="ArgumentException"><paramref name="policy"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="cost"/> is negative.</exception>
    public static TBuilder RequireLimit<TBuilder>(this TBuilder builder, string policy, Func<HttpContext, string?> key, int cost = 1)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(key);
        return Require(builder, policy, cost, LimitPoint.Endpoint, key);
    }

    /// <summary>
    /// Requires a limit as <see cref="RequireLimit{TBuilder}(TBuilder, string, int)"/> does, asked before authentication, so that requests
    /// with wrong credentials count too. The application has to call <see cref="EarlyLimitsExtensions.UseLimitsBeforeAuthentication"/>, and
    /// the policy's recipe must not say <c>user</c> or <c>claim:</c>; else the start ends.
    /// </summary>
    /// <typeparam name="TBuilder">The endpoint or the group.</typeparam>
    /// <param name="builder">The endpoint or the group.</param>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <param name="cost">How many permits a request takes, 0 to the policy's capacity. Default 1.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="ArgumentException"><paramref name="policy"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="cost"/> is negative.</exception>
    public static TBuilder RequireLimitBeforeAuthentication<TBuilder>(this TBuilder builder, string policy, int cost = 1)
        where TBuilder : IEndpointConventionBuilder => Require(builder, policy, cost, LimitPoint.BeforeAuthentication, key: null);

    /// <summary>
    /// Requires a limit before authentication as <see cref="RequireLimitBeforeAuthentication{TBuilder}(TBuilder, string, int)"/> does, and
    /// says by a function who is counted, as <see cref="RequireLimit{TBuilder}(TBuilder, string, Func{HttpContext, string?}, int)"/>. It is
    /// called when nobody is authenticated yet.
    /// </summary>
    /// <typeparam name="TBuilder">The endpoint or the group.</typeparam>
    /// <param name="builder">The endpoint or the group.</param>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <param name="key">The subject of a request.</param>
    /// <param name="cost">How many permits a request takes, 0 to the policy's capacity. Default 1.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="ArgumentException"><paramref name="policy"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="cost"/> is negative.</exception>
    public static TBuilder RequireLimitBeforeAuthentication<TBuilder>(
        this TBuilder builder, string policy, Func<HttpContext, string?> key, int cost = 1)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(key);
        return Require(builder, policy, cost, LimitPoint.BeforeAuthentication, key);
    }

    /// <summary>
    /// Has the response of requests that a limit of the endpoint refused written by the application: a page, its own problem details.
    /// Status, <c>Retry-After</c>, <c>Cache-Control</c> and the <c>RateLimit</c> headers are there already. Of several the one nearest to
    /// the endpoint writes. A gRPC call is not asked about: its caller gets <c>RESOURCE_EXHAUSTED</c> (or <c>UNAVAILABLE</c> where nobody
    /// could decide) with the wait in its trailers.
    /// </summary>
    /// <typeparam name="TBuilder">The endpoint or the group.</typeparam>
    /// <param name="builder">The endpoint or the group.</param>
    /// <param name="write">Writes the response; <see cref="LimitRefusal.WriteAsync(HttpContext)"/> writes the usual one.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static TBuilder WriteLimitRefusal<TBuilder>(this TBuilder builder, Func<HttpContext, LimitRefusal, Task> write)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(write);
        builder.Add(endpoint => endpoint.Metadata.Add(new LimitRefusalWriter(write)));
        return builder;
    }

    /// <summary>
    /// Has requests told of that a limit of the endpoint refused, before the refusal is written: for what must go on though the endpoint
    /// does not run, such as a place in a line. What is told must not fail: its failure would be the answer. Whoever has started the
    /// response then has written it; <see cref="WriteLimitRefusal"/> is the way meant for that.
    /// </summary>
    /// <typeparam name="TBuilder">The endpoint or the group.</typeparam>
    /// <param name="builder">The endpoint or the group.</param>
    /// <param name="hear">Who is told of the request and the answer.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static TBuilder OnLimitRefused<TBuilder>(this TBuilder builder, Func<HttpContext, LimitAnswer, ValueTask> hear)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(hear);
        builder.Add(endpoint => endpoint.Metadata.Add(new LimitRefusalListener(hear)));
        return builder;
    }

    private static TBuilder Require<TBuilder>(TBuilder builder, string policy, int cost, LimitPoint point, Func<HttpContext, string?>? key)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentException.ThrowIfNullOrEmpty(policy);
        ArgumentOutOfRangeException.ThrowIfNegative(cost);
        builder.Add(endpoint => endpoint.Metadata.Add(new LimitRequirement(policy, cost, point, key)));
        try
        {
            builder.Finally(LimitGates.Guard);
        }
        catch (NotImplementedException)
        {
            // A builder of before .NET 7, such as that of YARP 2: its endpoints have what they run before their conventions are applied.
            builder.Add(LimitGates.Guard);
        }

        return builder;
    }
}
