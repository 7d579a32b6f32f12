using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Hosting.Settings;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>Files of settings that cannot be read.</summary>
public sealed class SettingsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("settings").FullName;

    private string File => Path.Combine(_folder, "appsettings.json");

    [Theory]
    [InlineData("{\n  \"Limiter\": {\n", "It is no JSON: see line 3, byte 1.")]
    [InlineData("{ \"KeySha256\": secret }", "It is no JSON: see line 1, byte 16.")]
    [InlineData("{ \"Limiter\": { \"MaxKeys\": 1, \"maxkeys\": 2 } }", "A duplicate key 'Limiter:maxkeys' was found.")]
    public void A_file_that_is_broken_is_named_with_the_place_and_without_its_content(string content, string where)
    {
        System.IO.File.WriteAllText(File, content);

        var failure = Assert.Throws<InvalidDataException>(() => new ConfigurationBuilder().AddJsonFile(File).Build());

        Assert.Equal($"Failed to load configuration from file '{File}'. {where}", SettingsFiles.Explain(failure));
    }

    [Fact]
    public void Another_failure_is_not_explained() => Assert.Null(SettingsFiles.Explain(new InvalidDataException("broken")));

    [Fact]
    public async Task A_file_that_breaks_while_the_program_runs_is_mentioned()
    {
        System.IO.File.WriteAllText(File, "{}");
        var log = new LogLines();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddJsonFile(File, optional: true, reloadOnChange: false);
        builder.Logging.ClearProviders().AddProvider(log);
        await using var app = builder.Build();
        app.MentionBrokenFiles();

        System.IO.File.WriteAllText(File, "{");
        ((IConfigurationRoot)app.Configuration).Providers.OfType<FileConfigurationProvider>().Last().Load();

        Assert.Contains(log.Lines, line =>
            line.StartsWith("Warning OrleansLimiter.Hosting.Settings: A file of settings was changed and cannot be read;",
            StringComparison.Ordinal) && line.Contains(File, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
