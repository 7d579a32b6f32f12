using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLimiter.Configuration;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Line;
using OrleansLimiter.Shop.Metrics;
using OrleansLimiter.Shop.Operators;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop;

/// <summary>The ticket shop as a part of a service: accounts, sales and the line before them.</summary>
internal static class ShopExtensions
{
    /// <summary>Adds the shop. An engine that front ends share is added before: it brings its own valves.</summary>
    public static void AddShop(this WebApplicationBuilder builder, ShopSettings settings)
    {
        var services = builder.Services;
        services.AddShopPolicies(builder.Configuration);
        services.AddData(settings.Database);
        services.AddAccounts(settings);
        services.AddTickets(builder.Environment);
        services.AddQueue(settings.Valve);
        services.TryAddSingleton<ShopAudit>();
        services.TryAddSingleton<ShopMetrics>();
        services.AddSingleton(new WatchedSettings(["Valve", "Accounts", "Hashing"]));
    }

    public static void MapShop(this WebApplication app)
    {
        app.MapAccounts();
        app.MapTickets();
        app.MapQueue();
    }

    /// <summary>Maps the operators' routes.</summary>
    /// <param name="app">The service.</param>
    /// <param name="operations">Where they are served alone; null: where everything is.</param>
    public static void MapShopOperations(this WebApplication app, System.Net.IPEndPoint? operations)
    {
        app.MapSaleAdmin().OnOperationsPort(operations);
        app.MapValves().OnOperationsPort(operations);
        app.MapDevelopment().OnOperationsPort(operations);
    }
}
