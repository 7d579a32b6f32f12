using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Redis.Tests;

/// <summary>
/// A real Redis of a test's own: on a free port of the loopback address, its files in a folder under artifacts/ that goes with it.
/// Without redis-server on the PATH the test is skipped, and says so.
/// </summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const int SignalStop = 19;
    private const int SignalContinue = 18;
    private const int SignalKill = 9;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    private readonly string[] _settings;
    private readonly string _folder;
    private Process? _process;

    private RedisServer(int port, string[] settings)
    {
        Port = port;
        _settings = settings;
        _folder = Path.Combine(Artifacts(), "redis", string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{port}"));
        Directory.CreateDirectory(_folder);
    }

    public int Port { get; }

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Starts a server with further settings, as in <c>--maxmemory 2mb</c>.</summary>
    public static async Task<RedisServer> StartAsync(params string[] settings)
    {
        SkipWithoutRedis();
        for (var attempt = 1; ; attempt++)
        {
            var server = new RedisServer(Ports.Next(), settings);
            try
            {
                await server.RunAsync();
                return server;
            }
            catch (InvalidOperationException) when (attempt < 5)
            {
                // Someone else took the port in between, or has the one 10,000 above it, where a cluster's servers speak to each other.
                await server.DisposeAsync();
            }
        }
    }

    public static void SkipWithoutRedis() => Assert.SkipWhen(
        !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "redis-server"))),
        "redis-server is not on the PATH, and ./test could not install it.");

    public RedisEngineOptions Options(Action<RedisEngineOptions>? configure = null)
    {
        var options = new RedisEngineOptions
        {
            AnswerPatience = TestEngine.Patience,
            AsksAnyServer = Environment.GetEnvironmentVariable("TEST_ANY_SERVER") == "1", // eng/garnet-trial.sh
        };
        options.EndPoints.Add(Address);
        configure?.Invoke(options);
        return options;
    }

    /// <summary>Runs the server (again) and waits until it answers.</summary>
    public async Task RunAsync()
    {
        var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _folder, "--logfile", "server.log",
            "--save", "", "--appendonly", "no", "--daemonize", "no", .. _settings,
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(StartLimit);
        await Poll.UntilAsync(AnswersAsync, limit.Token);
    }

    /// <summary>Ends it as a power failure would.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process)
            return;
        _process = null;
        Signal(process, SignalKill);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>Freezes it: connections stay, nothing is answered.</summary>
    public void Freeze() => Signal(_process!, SignalStop);

    /// <summary>Lets a frozen one go on.</summary>
    public void Thaw() => Signal(_process!, SignalContinue);

    /// <summary>One command on a connection of its own; its reply as text.</summary>
    public Task<string> CommandAsync(params string[] words) => RawRedis.CommandAsync(Port, words, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> AnswersAsync()
    {
        if (_process!.HasExited)
            throw new InvalidOperationException($"redis-server ended: {await File.ReadAllTextAsync(Path.Combine(_folder, "server.log"))}");
        try
        {
            await CommandAsync("PING");
            return true;
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            return false;
        }
    }

    private static void Signal(Process process, int signal)
    {
        if (!process.HasExited && Kill(process.Id, signal) != 0)
            throw new InvalidOperationException($"The server could not be sent signal {signal}.");
    }

    private static string Artifacts()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansLimiter.sln")))
            folder = folder.Parent;
        return Path.Combine(folder?.FullName ?? Path.GetTempPath(), "artifacts");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
