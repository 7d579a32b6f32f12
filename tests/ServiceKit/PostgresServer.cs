using System.Diagnostics;
using System.Globalization;
using Npgsql;
using OrleansLimiter.TestKit.Processes;

namespace OrleansLimiter.ServiceKit;

/// <summary>
/// A PostgreSQL server of the tests' own: a fresh cluster on a free port of loopback, started when the first test asks for it and ended
/// with the run. It is a child of the test process (not a daemon), so that whatever ends the run's process group ends it too. The system's
/// own server is not touched. Tests that ask for it have it as a fixture of their assembly, which ends it.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string SystemUser = "postgres";
    private static readonly string? Binaries = FindBinaries();
    private static readonly Lazy<Task<PostgresServer>> Running = new(StartAsync);

    private readonly string _folder = string.Empty;
    private readonly Process? _process;
    private readonly string _address = string.Empty;

    /// <summary>The fixture: nothing but the end of the run.</summary>
    public PostgresServer()
    {
    }

    private PostgresServer(string folder, Process process, int port)
    {
        _folder = folder;
        _process = process;
        _address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
    }

    /// <summary>Why there is no server; null if there is one.</summary>
    public static string? WhyNot =>
        Binaries is null
        ? "PostgreSQL is not installed: no initdb in /usr/lib/postgresql/*/bin, nor on the PATH. ./test installs it where it may."
        : null;

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its URL.</returns>
    public static async Task<string> CreateDatabaseAsync(string name, string? template = null)
    {
        var server = await Running.Value;
        const string Patience = "Timeout=60;Command Timeout=60";
        await using var connection = new NpgsqlConnection($"Host={server._address};Username=ol;Database=postgres;Pooling=false;{Patience}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // names are the tests' own
        command.CommandText = $"CREATE DATABASE {name} TEMPLATE {template ?? "template0"}";
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
        return $"postgres://ol:ol@{server._address}/{name}";
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!Running.IsValueCreated)
            return;
        var server = await Running.Value;
        // a fast shutdown: it waits for no client
        await RunAsync("kill", "-INT", server._process!.Id.ToString(CultureInfo.InvariantCulture));
        await server._process.WaitForExitAsync();
        server._process.Dispose();
        Directory.Delete(server._folder, recursive: true);
    }

    private static async Task<PostgresServer> StartAsync()
    {
        // Every folder above must be passable for the server's user, so not under a home; ./test names one that it removes whatever
        // happens.
        var folder = Path.Combine(Environment.GetEnvironmentVariable("TEST_SERVERS") ?? Path.GetTempPath(), $"postgres-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        if (Environment.UserName == "root")
            await RunAsync("chown", SystemUser, folder);
        var data = Path.Combine(folder, "data");
        await RunAsync("initdb", "-D", data, "-U", "ol", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8");
        var port = Ports.Next();
        var process = Start(
            "postgres", "-D", data, "-p", port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c",
                $"unix_socket_directories={folder}",
            "-c", "fsync=off", "-c", "max_connections=300", "-c", "log_destination=stderr", "-c", "logging_collector=on");
        var server = new PostgresServer(folder, process, port);
        await server.WaitUntilItAnswersAsync();
        return server;
    }

    private async Task WaitUntilItAnswersAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await timer.WaitForNextTickAsync(patience.Token))
        {
            if (_process!.HasExited)
                throw new InvalidOperationException(
                    $"PostgreSQL ended at its start: {await _process.StandardError.ReadToEndAsync(patience.Token)}");
            try
            {
                await using var connection = new NpgsqlConnection($"Host={_address};Username=ol;Database=postgres;Pooling=false");
                await connection.OpenAsync(patience.Token);
                return;
            }
            catch (NpgsqlException)
            {
                // Not yet.
            }
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {errors}");
    }

    /// <summary>Starts a program; PostgreSQL's own as the server's user, since they refuse to run as root.</summary>
    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        var own = Binaries is null ? null : Path.Combine(Binaries, program);
        if (own is not null && File.Exists(own) && Environment.UserName == "root")
        {
            // setpriv replaces itself by the program, where runuser would stay as its parent and hide its id.
            start.FileName = "setpriv";
            foreach (var argument in (string[])["--reuid", SystemUser, "--regid", SystemUser, "--init-groups", own])
                start.ArgumentList.Add(argument);
        }
        else
        {
            start.FileName = own is not null && File.Exists(own) ? own : program;
        }

        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static string? FindBinaries()
    {
        const string Packages = "/usr/lib/postgresql";
        var packaged = Directory.Exists(Packages) ? Directory.GetDirectories(Packages).Select(version => Path.Combine(version, "bin")) : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries);
        return packaged.OrderDescending(StringComparer.Ordinal).Concat(onPath)
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }
}
