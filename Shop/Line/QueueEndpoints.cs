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
    /// <summary>Adds the valves of the sales. An engine that front ends share has brought its own; the embedded one's is in memory and serves one front end.</summary>
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
    /// <exception cref="LimiterConfigurationException">There are several front ends, each of which would have a line of its own.</exception>
    public static void MapQueue(this WebApplication app)
    {
        var frontEnds = app.Services.GetRequiredService<LimiterSettings>().FrontEnds;
        if (frontEnds > 1 && app.Services.GetRequiredService<IValveEngine>() is MemoryValve)
        {
            var value = frontEnds.ToString(CultureInfo.InvariantCulture);
            throw new LimiterConfigurationException([new InvalidValue("Limiter:FrontEnds", value, "must be 1 with the memory engine, because each front end would have a queue of its own")]);
        }

        var calls = app.Services.GetRequiredService<QueueCalls>();
        app.MapPost("/sales/{id}/queue", calls.JoinAsync).RequireAuthorization().RequireLimit(QueueCalls.Limit).OnLimitRefused(calls.KeepOneAsync);
        app.MapRead("/sales/{id}/queue", calls.PollAsync).RequireAuthorization().RequireLimit(QueueCalls.Limit).OnLimitRefused(calls.KeepOneAsync);
        app.MapDelete("/sales/{id}/queue", calls.LeaveAsync).RequireAuthorization().RequireLimit(QueueCalls.Limit).OnLimitRefused(calls.KeepOneAsync);
        app.MapRead("/sales/{id}/draw", calls.DrawAsync).RequireLimit(QueueCalls.DrawLimit);
    }

    /// <summary>Maps the operators' routes.</summary>
    public static IEndpointConventionBuilder MapValves(this WebApplication app)
    {
        var calls = app.Services.GetRequiredService<ValveAdminCalls>();
        var admin = app.MapGroup("/admin/sales/{id}").WithMetadata(new OperatorKey.Required());
        admin.MapRead("/valve", calls.GetAsync);
        admin.MapPost("/valve/pause", calls.PauseAsync);
        admin.MapPost("/valve/resume", calls.ResumeAsync);
        admin.MapPost("/valve/rates", calls.SetRatesAsync);
        return admin;
    }
}
