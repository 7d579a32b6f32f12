using System.Globalization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory.Valve;
using OrleansLimiter.Hosting.Http;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Settings;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;

namespace OrleansLimiter.Shop.Line;

/// <summary>The queue as a part of the service.</summary>
internal static class QueueEndpoints
{
    private const string Tag = "queue";

    /// <summary>
    /// Adds the valves of the sales. An engine that front ends share has brought its own; the embedded one's is in memory and serves one
    /// front end.
    /// </summary>
    public static IServiceCollection AddQueue(this IServiceCollection services, ValveSettings settings)
    {
        services.TryAddSingleton(settings);
        services.TryAddSingleton(SeedSeal.Of(settings.Keys));
        services.TryAddSingleton<IValveEngine, MemoryValve>();
        services.TryAddSingleton<SaleValves>();
        services.TryAddSingleton<KnownSales>();
        services.TryAddSingleton<SalePhases>();
        services.TryAddSingleton<ISaleDoor, ValveDoor>();
        services.TryAddSingleton<JoinLimit>();
        services.TryAddSingleton<DrawDocuments>();
        services.TryAddSingleton<QueueCalls>();
        services.TryAddSingleton<ValveAdminCalls>();
        return services;
    }

    /// <summary>Maps the queue's routes.</summary>
    /// <exception cref="LimiterConfigurationException">There are several front ends, each of which would have a line of its
    /// own.</exception>
    public static void MapQueue(this WebApplication app)
    {
        var frontEnds = app.Services.GetRequiredService<LimiterSettings>().FrontEnds;
        if (frontEnds > 1 && app.Services.GetRequiredService<IValveEngine>() is MemoryValve)
        {
            var value = frontEnds.ToString(CultureInfo.InvariantCulture);
            throw new LimiterConfigurationException(
                [new InvalidValue("Limiter:FrontEnds", value,
                "must be 1 with the memory engine, because each front end would have a queue of its own")]);
        }

        var calls = app.Services.GetRequiredService<QueueCalls>();
        var sale = app.MapGroup("/sales/{id}").WithTags(Tag).ProducesProblems(404);
        AnswerForPlace(sale.MapPost("/queue", calls.JoinAsync), calls)
            .Describe("Gives the caller a place in line, or answers for the one there is.");
        AnswerForPlace(sale.MapRead("/queue", calls.PollAsync), calls).Describe("How the caller stands; keeps the place alive.");
        sale.MapDelete("/queue", calls.LeaveAsync).RequireAuthorization().RequireLimit(QueueCalls.Limit).OnLimitRefused(calls.KeepOneAsync)
            .Describe("Gives the caller's place up.").ProducesNothing(204).ProducesProblems(401);
        sale.MapRead("/draw", calls.DrawAsync).RequireLimit(QueueCalls.DrawLimit)
            .Describe("What the draw can be checked by.").ProducesJson<DrawReply>().ProducesNothing(304);
    }

    public static IEndpointConventionBuilder MapValves(this WebApplication app)
    {
        var calls = app.Services.GetRequiredService<ValveAdminCalls>();
        var admin = app.MapGroup("/admin/sales/{id}").WithMetadata(new OperatorKey.Required());
        admin.WithTags(Tag).ProducesProblems(401, 404, 429, 503);
        admin.MapRead("/valve", calls.GetAsync).Describe("How a sale's valve stands. For operators.").ProducesJson<ValveReplyBody>();
        admin.MapPost("/valve/pause", calls.PauseAsync).Describe("Holds the line. For operators.").ProducesJson<ValveReplyBody>();
        admin.MapPost("/valve/resume", calls.ResumeAsync).Describe("Lets the line go on. For operators.").ProducesJson<ValveReplyBody>();
        admin.MapPost("/valve/rates", calls.SetRatesAsync).Describe("Changes the caps that are named. For operators.")
            .AcceptsJson<ValveRatesBody>().ProducesJson<ValveReplyBody>();
        return admin;
    }

    private static IEndpointConventionBuilder AnswerForPlace(IEndpointConventionBuilder route, QueueCalls calls) =>
        route.RequireAuthorization().RequireLimit(QueueCalls.Limit).OnLimitRefused(calls.KeepOneAsync)
            .ProducesJson<QueueReply>().ProducesJson<QueueReply>(202).ProducesProblems(401, 409, 410);
}
