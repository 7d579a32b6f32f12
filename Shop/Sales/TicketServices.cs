using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLimiter.Shop.Payments;

namespace OrleansLimiter.Shop.Sales;

/// <summary>The ticket sale as a part of the service.</summary>
internal static class TicketServices
{
    /// <summary>Adds sales, purchases and receipts.</summary>
    public static IServiceCollection AddTickets(this IServiceCollection services, IHostEnvironment environment)
    {
        services.TryAddSingleton<IPaymentGateway, SandboxGateway>();
        services.TryAddSingleton<AdmissionEnds>();
        services.TryAddSingleton<Inventory>();
        services.TryAddSingleton<KeptReplies>();
        services.TryAddSingleton(provider => ActivatorUtilities.CreateInstance<Purchases>(
            provider, ActivatorUtilities.CreateInstance<MeteredGateway>(provider, provider.GetRequiredService<IPaymentGateway>())));
        services.TryAddSingleton<ShapeRefunds>();
        services.TryAddSingleton<LookupBudget>();
        services.TryAddSingleton<TicketSales>();
        services.TryAddSingleton<RunningRequests>();
        services.TryAddSingleton<ReplayGate>();
        services.TryAddSingleton<PayTicketCall>();
        services.TryAddSingleton<SaleCalls>();
        services.TryAddSingleton<SaleMaker>();
        services.TryAddSingleton<SaleAdminCalls>();
        services.TryAddSingleton<Recovery>();
        services.AddHostedService(provider => provider.GetRequiredService<Recovery>());
        if (environment.IsDevelopment())
        {
            services.TryAddSingleton<DevelopmentSales>();
            services.TryAddSingleton<DevSalesCall>();
        }

        return services;
    }

    /// <summary>Answers purchases that were answered before. Behind <c>UseAccounts</c>.</summary>
    public static void UseReplays(this WebApplication app) =>
        app.Use((context, next) => app.Services.GetRequiredService<ReplayGate>().InvokeAsync(context, next));

    /// <summary>Adds, in Development, what a newcomer finds for sale.</summary>
    public static Task AddDevelopmentSalesAsync(this WebApplication app) =>
        app.Services.GetService<DevelopmentSales>() is { } sales ? sales.AddAsync() : Task.CompletedTask;
}
