using Microsoft.Extensions.Options;
using OrleansLimiter;
using OrleansLimiter.Api.Composition;
using OrleansLimiter.Api.Description;
using OrleansLimiter.Api.Limits;
using OrleansLimiter.Api.Operations;
using OrleansLimiter.Api.Settings;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Health;
using OrleansLimiter.Hosting.Logging;
using OrleansLimiter.Hosting.Metrics;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Settings;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Sales;

ServiceSettings? settings = null;
try
{
    var isCheck = HealthCheck.IsAsked(args);
    var builder = WebApplication.CreateSlimBuilder(isCheck ? [] : args);
    var errors = new List<InvalidValue>();
    settings = ServiceSettings.Read(builder.Configuration, builder.Environment.IsDevelopment(), errors);
    if (isCheck)
        return errors.Count == 0 ? await HealthCheck.RunAsync(settings.Health) : throw new LimiterConfigurationException(errors);

    builder.AddLogFormat();
    builder.Services.AddEarlyErrors(errors);
    builder.AddOrleansLimiter();
    builder.Services.AddDevelopmentDefaults(builder.Environment.IsDevelopment());
    builder.AddEngine(settings);
    builder.AddListeners(settings);
    builder.Services.AddLimitEndpoints();
    builder.AddShop(settings.Shop);
    builder.Services.AddOperations(builder.Configuration, settings);
    builder.Services.AddApiDescription();

    var app = builder.Build();
    app.Services.GetRequiredService<IStartupValidator>().Validate();
    app.UseProblems();
    app.UseAccounts();
    app.UseKnownQueries();
    app.UseReplays();
    app.MapLimits();
    app.MapShop();
    app.MapShopOperations(settings.Operations);
    app.MapHealth().OnOperationsPort(settings.Operations);
    app.MapMetrics().OnOperationsPort(settings.Operations);
    app.MapApiDescription().OnOperationsPort(settings.Operations);
    app.LogMisspelled();
    app.MentionBrokenFiles();
    app.LogStart(settings);
    await app.PrepareDatabaseAsync();
    await app.AddDevelopmentSalesAsync();
    await app.RunAsync();
    return 0;
}
catch (LimiterConfigurationException wrong)
{
    await Console.Error.WriteLineAsync($"The service does not start, because its settings are wrong:\n{wrong.Message}");
    return 1;
}
catch (Exception failure) when (settings is null && SettingsFiles.Explain(failure) is { } explanation)
{
    await Console.Error.WriteLineAsync($"The service does not start, because its settings cannot be read:\n{explanation}");
    return 1;
}
catch (Exception failure) when (settings is not null && ListenFailure.Explain(failure, settings) is { } explanation)
{
    await Console.Error.WriteLineAsync($"The service does not start, because it cannot listen:\n{explanation}");
    return 1;
}
