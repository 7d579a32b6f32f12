using System.Globalization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLimiter.Api.Operations;
using OrleansLimiter.Api.Settings;
using OrleansLimiter.Api.Tickets;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Core.Valve;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.Hosting.Http;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Queue;

/// <summary>The queue as a part of the service.</summary>
internal static class QueueEndpoints
{
    /// <summary>Adds the valves of the sales. An engine that front ends share has brought its own; the embedded one's is in memory and serves one front end.</summary>
    public static IServiceCollection AddQueue(this IServiceCollection services, ServiceSettings settings)
    {
        services.TryAddSingleton(settings.Valve);
        services.TryAddSingleton(SeedSeal.Of(settings.Valve.Keys));
        if (settings.IsEmbedded)
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
    public static void MapQueue(this WebApplication app, ServiceSettings settings)
    {
        var frontEnds = app.Services.GetRequiredService<LimiterSettings>().FrontEnds;
        if (settings.IsEmbedded && frontEnds > 1)
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
