using System.Globalization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLimiter.Api.Settings;
using OrleansLimiter.Api.Tickets;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Queue;

/// <summary>The queue as a part of the service.</summary>
internal static partial class QueueEndpoints
{
    /// <summary>
    /// Adds the valves of the sales. The embedded engine brings the memory valve, which serves one front end; an engine that front ends share has none yet, so there queues and
    /// purchases are answered 503.
    /// </summary>
    public static IServiceCollection AddQueue(this IServiceCollection services, ServiceSettings settings)
    {
        services.TryAddSingleton(settings.Valve);
        if (settings.IsEmbedded)
            services.TryAddSingleton<IValveEngine, MemoryValve>();
        services.TryAddSingleton<SaleValves>();
        services.TryAddSingleton<KnownSales>();
        services.TryAddSingleton<ISaleDoor, ValveDoor>();
        services.TryAddSingleton<QueueCalls>();
        services.TryAddSingleton<ValveAdminCalls>();
        return services;
    }

    /// <summary>Maps the queue's routes, and says at start where they are not served.</summary>
    /// <exception cref="LimiterConfigurationException">There are several front ends, each of which would have a line of its own.</exception>
    public static void MapQueue(this WebApplication app, ServiceSettings settings)
    {
        var frontEnds = app.Services.GetRequiredService<LimiterSettings>().FrontEnds;
        if (settings.IsEmbedded && frontEnds > 1)
        {
            var value = frontEnds.ToString(CultureInfo.InvariantCulture);
            throw new LimiterConfigurationException([new InvalidValue("Limiter:FrontEnds", value, "must be 1 with the memory engine, because each front end would have a queue of its own")]);
        }

        if (!app.Services.GetRequiredService<SaleValves>().AreServed)
            LogNotServed(app.Logger, settings.Engine);
        var calls = app.Services.GetRequiredService<QueueCalls>();
        app.MapPost("/sales/{id}/queue", calls.JoinAsync).RequireAuthorization().RequireLimit(QueueCalls.Limit).OnLimitRefused(calls.KeepOneAsync);
        app.MapGet("/sales/{id}/queue", calls.PollAsync).RequireAuthorization().RequireLimit(QueueCalls.Limit).OnLimitRefused(calls.KeepOneAsync);
        app.MapDelete("/sales/{id}/queue", calls.LeaveAsync).RequireAuthorization().RequireLimit(QueueCalls.Limit).OnLimitRefused(calls.KeepOneAsync);
        app.MapGet("/sales/{id}/draw", calls.DrawAsync).RequireLimit(SaleCalls.Limit);
    }

    /// <summary>Maps the operators' routes.</summary>
    public static IEndpointConventionBuilder MapValves(this WebApplication app)
    {
        var calls = app.Services.GetRequiredService<ValveAdminCalls>();
        var admin = app.MapGroup("/admin/sales/{id}");
        admin.MapGet("/valve", calls.GetAsync);
        admin.MapPost("/valve/pause", calls.PauseAsync);
        admin.MapPost("/valve/resume", calls.ResumeAsync);
        admin.MapPost("/valve/rates", calls.SetRatesAsync);
        return admin;
    }

    [LoggerMessage(EventId = 1, EventName = "QueueNotServed", Level = LogLevel.Warning, Message = "Queues and purchases are not served: the engine {Engine} has no queue valve yet. /sales/{{id}}/queue, /sales/{{id}}/draw and /ticket/pay-ticket answer 503; everything else is served.")]
    private static partial void LogNotServed(ILogger logger, string engine);
}
