using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansLimiter.Engines.Redis;

namespace OrleansLimiter.RedisBenchmark;

/// <summary>A Redis of the benchmark's own, on a free port of the loopback address; it stores nothing.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly Process _process;

    private BenchServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public static async Task<BenchServer> StartAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var process = Start(
            "redis-server", "--port", Text(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--logfile", "/dev/null");
        var server = new BenchServer(process, port);
        using var engine = await server.ConnectAsync();
        return server;
    }

    /// <summary>An engine that is connected.</summary>
    public async Task<RedisEngine> ConnectAsync()
    {
        var options = new RedisEngineOptions();
        options.EndPoints.Add($"127.0.0.1:{Text(Port)}");
        var engine = new RedisEngine(options, TimeProvider.System);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!engine.Connection.IsConnected)
            await ticks.WaitForNextTickAsync(limit.Token);
        return engine;
    }

    /// <summary>
    /// Runs one of Redis' own tools against the server and returns what it prints. The last words may be any bytes but zero.
    /// </summary>
    public async Task<string> RunAsync(string command, params byte[][] words)
    {
        // A process' arguments are text here; a shell can write any byte.
        var quoted = words.Select(word => $"$'{string.Concat(word.Select(octet => $"\\x{octet:x2}"))}'");
        var tool = command.Split(' ', 2);
        using var process = Start("bash", "-c", $"LC_ALL=C exec {tool[0]} -p {Text(Port)} {tool[1]} {string.Join(' ', quoted)}");
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output.Trim();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
