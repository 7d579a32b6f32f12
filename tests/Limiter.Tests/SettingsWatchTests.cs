using Microsoft.Extensions.Configuration;
using OrleansLimiter.Configuration;

namespace OrleansLimiter.Limiter.Tests;

/// <summary>Settings that are changed while the process runs.</summary>
public class SettingsWatchTests
{
    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder()
        .AddInMemoryCollection([KeyValuePair.Create("Limiter:MaxKeys", (string?)"10"), KeyValuePair.Create("Other:Secret", (string?)"old")])
        .Build();

    private readonly LinesLogger<SettingsWatch> _log = new();

    [Fact]
    public async Task A_change_is_mentioned_once_by_name_and_without_the_value()
    {
        using var watch = await WatchAsync();

        Change("Limiter:MaxKeys", "hidden");
        _configuration.Reload();

        Assert.Equal(
            ["Warning SettingsChanged: Settings were changed while this process runs (Limiter). It goes on with those that it was started "
                + "with; start it anew to apply them."],
            _log.Lines);
    }

    [Fact]
    public async Task A_change_that_is_taken_back_is_mentioned_too()
    {
        using var watch = await WatchAsync();

        Change("Tenants:0:Name", "acme");
        Change("Tenants:0:Name", null);

        Assert.Equal("Information SettingsAsBefore: The settings are again those that this process was started with.", _log.Lines[^1]);
        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public async Task What_is_not_the_limiters_is_not_mentioned()
    {
        using var watch = await WatchAsync();

        Change("Other:Secret", "new");

        Assert.Empty(_log.Lines);
    }

    private async Task<SettingsWatch> WatchAsync()
    {
        var watch = new SettingsWatch(
            _configuration, [new WatchedSettings(["Limiter", "Tenants"]), new WatchedSettings(["Limiter"])], _log);
        await watch.StartAsync(TestContext.Current.CancellationToken);
        return watch;
    }

    private void Change(string name, string? value)
    {
        _configuration[name] = value;
        _configuration.Reload();
    }
}
