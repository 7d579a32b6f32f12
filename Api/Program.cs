using OrleansLimiter.Api;
using OrleansLimiter.Api.Auth;
using OrleansLimiter.Api.Composition;
using OrleansLimiter.Api.Data;
using OrleansLimiter.Api.Limits;
using OrleansLimiter.Api.Operations;
using OrleansLimiter.Api.Queue;
using OrleansLimiter.Api.Reading;
using OrleansLimiter.Api.Settings;
using OrleansLimiter.Api.Tickets;
using OrleansLimiter.Api.Writing;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Hosting.Health;
using OrleansLimiter.Hosting.Logging;
using OrleansLimiter.Hosting.Metrics;
using OrleansLimiter.Hosting.Settings;
using OrleansLimiter.Limiter;

ServiceSettings? settings = null;
try
{
    var isCheck = HealthCheck.IsAsked(args);
    var builder = WebApplication.CreateSlimBuilder(isCheck ? [] : args);
    settings = ServiceSettings.Load(builder.Configuration, builder.Environment.IsDevelopment());
    if (isCheck)
        return await HealthCheck.RunAsync(settings.Health);

    builder.AddLogFormat();
    builder.AddOrleansLimiter();
    ServiceLimits.AddTo(builder.Services);
    builder.AddEngine(settings);
    builder.AddListeners(settings);
    builder.Services.AddLimitEndpoints();
    builder.Services.AddData(settings);
    builder.Services.AddAccounts(settings);
    builder.Services.AddTickets(builder.Environment);
    builder.Services.AddQueue(settings);
    builder.Services.AddOperations(builder.Configuration, settings);
    builder.Services.AddApiDescription();

    var app = builder.Build();
    app.UseProblems();
    app.UseAccounts();
    app.UseKnownQueries();
    app.UseReplays();
    app.MapLimits();
    app.MapAccounts();
    app.MapTickets();
    app.MapQueue(settings);
    app.MapSaleAdmin().OnOperationsPort(settings);
    app.MapValves().OnOperationsPort(settings);
    app.MapDevelopment().OnOperationsPort(settings);
    app.MapEngineHealth().OnOperationsPort(settings);
    app.MapMetrics().OnOperationsPort(settings);
    app.MapApiDescription().OnOperationsPort(settings);
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
