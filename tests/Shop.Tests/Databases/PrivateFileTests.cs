using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Tests.Auth;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Databases;

/// <summary>Who can read the file that accounts are in.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class PrivateFileTests
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Everybody = Own | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_database_file_and_its_companions_are_the_services_alone()
    {
        using var service = new AuthService();
        Assert.Equal(201, (await service.SignUpAsync("ada@example.test")).Status);

        var file = service.Service.Services.GetRequiredService<ServiceDbFactory>().File!;
        Assert.Equal([(file, Own), ($"{file}-shm", Own), ($"{file}-wal", Own), ($"{file}.lock", Own)], Modes(file));
    }

    [Fact]
    public async Task A_file_of_an_earlier_build_is_taken_from_everybody_else_and_keeps_what_is_in_it()
    {
        using var database = TestDatabase.CreateSqlite();
        using (var earlier = new AuthService(database))
        {
            await earlier.SignUpAsync("ada@example.test");
            foreach (var (file, _) in Modes(earlier.Service.Services.GetRequiredService<ServiceDbFactory>().File!))
                File.SetUnixFileMode(file, Everybody);
        }

        using var service = new AuthService(database);
        await using var db = service.Service.Services.GetRequiredService<ServiceDbFactory>().Create();

        Assert.Equal(1, await db.Users.CountAsync(Cancellation));
        Assert.All(Modes(service.Service.Services.GetRequiredService<ServiceDbFactory>().File!), file => Assert.Equal(Own, file.Mode));
    }

    [Fact]
    public async Task A_companion_that_another_process_takes_away_at_the_same_moment_does_not_stop_a_start()
    {
        var folder = Directory.CreateTempSubdirectory("orleanslimiter-");
        var file = Path.Combine(folder.FullName, "service.db");
        using var stop = new CancellationTokenSource();
        var other = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                File.WriteAllText($"{file}-wal", string.Empty);
                File.Delete($"{file}-wal");
            }
        }, Cancellation);

        try
        {
            for (var i = 0; i < 5_000; i++)
                PrivateFile.Make(file);
        }
        finally
        {
            await stop.CancelAsync();
            await other;
        }

        Assert.Equal(Own, File.GetUnixFileMode(file));
        folder.Delete(recursive: true);
    }

    private static IEnumerable<(string File, UnixFileMode Mode)> Modes(string file) =>
        ((string[])[file, $"{file}-shm", $"{file}-wal", $"{file}.lock"]).Where(File.Exists)
            .Select(path => (path, File.GetUnixFileMode(path)));
}
