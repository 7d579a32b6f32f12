using System.Collections.Concurrent;
using System.Reflection;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Places;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>
/// Asks the limits that stand on a hub's methods, each time that a client invokes one. A refusal is a <see cref="HubException"/>, whose
/// message a client is told. Who is counted is found by the request that the connection was made by. Safe for use by many threads.
/// </summary>
internal sealed class HubMethodLimits(LimitStages maker, TimeProvider time) : IHubFilter
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    private readonly ConcurrentDictionary<MethodInfo, LimitStage[]> _stages = new();

    /// <summary>Checks the methods of the hub that is negotiated at an endpoint; of any other there is nothing to check.</summary>
    /// <exception cref="LimiterConfigurationException">A limit of a method cannot work.</exception>
    public void Check(Endpoint endpoint)
    {
        if (HubEndpoint.Of(endpoint) is not { IsNegotiation: true } hub)
            return;
        var place = LimitedPlace.Of(endpoint);
        var errors = new List<InvalidValue>();
        foreach (var method in hub.Hub.GetMethods(All))
        {
            var by = place with { Name = NameOf(method) };
            var attributes = method.GetCustomAttributes<RequireLimitAttribute>();
            errors.AddRange(attributes.Select(attribute => ErrorIn(attribute, method, by, hub)).OfType<InvalidValue>());
        }

        if (errors.Count > 0)
            throw new LimiterConfigurationException(errors);
    }

    public ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        if (!_stages.TryGetValue(invocationContext.HubMethod, out var stages))
            stages = _stages.GetOrAdd(invocationContext.HubMethod, StagesOf);
        return stages.Length == 0 ? next(invocationContext) : LimitedAsync(stages, invocationContext, next);
    }

    private async ValueTask<object?> LimitedAsync(
        LimitStage[] stages, HubInvocationContext invocation, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        var context = invocation.Context.GetHttpContext()
            ?? throw new InvalidOperationException(
                $"'{NameOf(invocation.HubMethod)}' requires a limit, but its connection was not made by a request.");
        var aborted = invocation.Context.ConnectionAborted;
        var limits = new RequestLimits();
        var first = limits.Enter([]);
        PlaceRenewal? renewal = null;
        try
        {
            if (await LimitStack.AdmitAsync(context, limits, stages, aborted) is { } refusers)
                throw RefusalOf(LimitStack.LongestOf(refusers));
            renewal = await LimitStack.HoldAsync(limits, first, time, aborted);
            return await next(invocation);
        }
        finally
        {
            if (renewal is not null)
                await renewal.DisposeAsync();
            await limits.LeaveAsync(first);
        }
    }

    private static HubException RefusalOf(LimitCharge refuser) =>
        new(LimitRefusal.ProblemOf(refuser.Answer, refuser.Cost, LimitHeaders.RetryAfterOf(refuser.Answer)).Message);

    private LimitStage[] StagesOf(MethodInfo method)
    {
        // What cannot work ended the start. Its route was looked at there.
        var by = new LimitedPlace(NameOf(method), HasRouteValue: _ => true);
        var stages = method.GetCustomAttributes<RequireLimitAttribute>()
            .Select(
                attribute => maker.TryMake(attribute.ToRequirement(), by, out var stage, out var error)
                    ? stage
                    : throw new LimiterConfigurationException([error]));
        return [.. stages.OrderBy(stage => stage.IsFinal)];
    }

    private InvalidValue? ErrorIn(RequireLimitAttribute attribute, MethodInfo method, LimitedPlace by, HubEndpoint hub)
    {
        var name = by.NameOf(attribute.Policy);
        if (!IsInvocable(method))
            return new InvalidValue(
                name, "on a method that no client can invoke",
                "must stand on a public method of the hub, or on the hub for its connections");
        if (attribute.BeforeAuthentication)
            return new InvalidValue(
                name, "to be asked before authentication", "must be asked when the method is invoked, which is after it");
        if (!maker.TryMake(attribute.ToRequirement(), by, out var stage, out var error))
            return error;
        if (stage.HoldsPlaces && IsStream(method.ReturnType))
            return new InvalidValue(
                name, "a limit of places (concurrency) on a method that returns a stream",
                "must count by another algorithm, because the stream goes on when the method has returned");
        return hub.AllowsLongPolling && stage.Recipe.RouteValues.FirstOrDefault() is { } value
            ? new InvalidValue(
                name,
                $"by the route's {{{value}}} on a hub that allows long polling",
                "must count by something else, because of such a connection's route nothing is known when a method is invoked")
            : null;
    }

    private static bool IsInvocable(MethodInfo method) =>
        method is { IsPublic: true, IsStatic: false, IsSpecialName: false }
        && !method.GetBaseDefinition().DeclaringType!.IsAssignableFrom(typeof(Hub));

    private static bool IsStream(Type type)
    {
        if (type.IsGenericType
            && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>)))
            return IsStream(type.GetGenericArguments()[0]);
        for (var known = type; known is not null; known = known.BaseType)
        {
            if (known.IsGenericType && known.GetGenericTypeDefinition() == typeof(ChannelReader<>))
                return true;
        }

        return type.GetInterfaces().Append(type)
            .Any(known => known.IsGenericType && known.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>));
    }

    private static string NameOf(MethodInfo method) => $"{method.ReflectedType?.Name}.{method.Name}";
}
