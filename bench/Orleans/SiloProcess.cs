using System.Diagnostics;
using System.Globalization;

namespace OrleansLimiter.OrleansBenchmarks;

/// <summary>
/// A silo in a process of its own, which is this program again. It says when it serves, tells its memory when asked, and stops when its
/// input ends, so that it does not outlive who started it.
/// </summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    /// <summary>What makes this program the silo.</summary>
    public const string Verb = "silo";

    private const string Ready = "ready";
    private const string Measure = "measure";

    private readonly Process _process;

    private SiloProcess(Process process) => _process = process;

    /// <summary>Starts one and waits until it serves.</summary>
    public static async Task<SiloProcess> StartAsync(IReadOnlyDictionary<string, string?> place)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
            start.ArgumentList.Add(typeof(SiloProcess).Assembly.Location);
        start.ArgumentList.Add(Verb);
        foreach (var (name, value) in place)
            start.ArgumentList.Add($"{name}={value}");
        var silo = new SiloProcess(Process.Start(start)!);
        return await silo._process.StandardOutput.ReadLineAsync() == Ready
            ? silo
            : throw new InvalidOperationException("The silo did not start.");
    }

    /// <summary>The processor time that it has had.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Its memory after a full collection.</summary>
    public async Task<SiloMemory> MeasureAsync()
    {
        await _process.StandardInput.WriteLineAsync(Measure);
        var numbers = (await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The silo is gone."))
            .Split(' ');
        return new(long.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Is the silo, until the input ends.</summary>
    public static async Task ServeAsync(string[] place)
    {
        using var host = BenchSilo.BuildSilo(
            place.Select(setting => setting.Split('=', 2)).ToDictionary(parts => parts[0], parts => (string?)parts[1]));
        await host.StartAsync();
        Console.WriteLine(Ready);
        while (await Console.In.ReadLineAsync() == Measure)
        {
            var managed = GC.GetTotalMemory(forceFullCollection: true);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{managed} {Environment.WorkingSet}"));
        }

        await host.StopAsync();
    }
}

/// <summary>What a silo's process holds.</summary>
/// <param name="Managed">Bytes of live objects.</param>
/// <param name="WorkingSet">Bytes of memory in use.</param>
internal readonly record struct SiloMemory(long Managed, long WorkingSet);
