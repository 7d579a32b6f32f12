using OrleansLimiter;
using OrleansLimiter.Configuration;
using OrleansLimiter.Hosting.Health;
using OrleansLimiter.Hosting.Logging;
using OrleansLimiter.Hosting.Metrics;
using OrleansLimiter.Hosting.Settings;
using OrleansLimiter.Silo;

ClusterSettings? settings = null;
try
{
    var isCheck = HealthCheck.IsAsked(args);
    var builder = WebApplication.CreateSlimBuilder(isCheck ? [] : args);
    settings = ClusterSettings.Load(builder.Configuration, builder.Environment.IsDevelopment(), isSilo: true);
    if (isCheck)
        return await HealthCheck.RunAsync(settings.Operations);

    builder.AddLogFormat();
    builder.AddSiloListener(settings);
    builder.Services.AddMetrics();
    builder.Services.AddSingleton(TimeProvider.System);
    builder.Services.AddQuietLogs();
    builder.Services.AddPacedLogs();
    builder.Services.AddServiceLinkNotice();
    builder.Services.AddTelemetry(builder.Configuration, "orleanslimiter-silo");
    builder.Services.AddHealth().AddCheck<ClusterCheck>("cluster");
    builder.Services.AddClusterSilo(settings);

    var app = builder.Build();
    app.MapHealth();
    app.MapMetrics();
    app.LogMisspelled();
    app.MentionBrokenFiles();
    app.LogStart(settings);
    await app.RunAsync();
    return 0;
}
catch (LimiterConfigurationException wrong)
{
    await Console.Error.WriteLineAsync($"The silo does not start, because its settings are wrong:\n{wrong.Message}");
    return 1;
}
catch (Exception failure) when (settings is null && SettingsFiles.Explain(failure) is { } explanation)
{
    await Console.Error.WriteLineAsync($"The silo does not start, because its settings cannot be read:\n{explanation}");
    return 1;
}

/// <summary>
/// The program. Internal, where the SDK would make it public: the service, which has a program of its own, and its tests name this room
/// too.
/// </summary>
internal sealed partial class Program;
