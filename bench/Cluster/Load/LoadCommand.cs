using System.Globalization;
using System.Text.Json;
using OrleansLimiter.ClusterBench.Report;

namespace OrleansLimiter.ClusterBench.Load;

/// <summary>The verb <c>load</c>: runs the generator, and writes and prints the figures.</summary>
internal static class LoadCommand
{
    private static readonly TimeSpan StartsIn = TimeSpan.FromSeconds(0.2);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static int Run(Arguments arguments)
    {
        var options = new LoadOptions(arguments);
        Directory.CreateDirectory(options.Out);
        var marks = Path.Combine(options.Out, "marks.txt");
        var started = Path.Combine(options.Out, "started.txt");
        File.Delete(marks);
        File.Delete(started);

        var schedule = new Schedule(options.Rate, options.WarmUpSeconds, options.Seconds);
        using var generator = new Generator(options, schedule);
        GC.Collect();
        var cpu = TimeSpan.Zero;
        var clock = new Clock(StartsIn + TimeSpan.FromSeconds(options.WarmUpSeconds));
        var outcomes = generator.Run(clock, () =>
        {
            cpu = Environment.CpuUsage.TotalTime;
            // Those who inject faults wait for this file, and count their seconds from it.
            File.WriteAllText(started + ".new", clock.StartedAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) + "\n");
            File.Move(started + ".new", started);
        }).ToArray();
        cpu = Environment.CpuUsage.TotalTime - cpu;
        var took = clock.Now / 1e6;

        var report = LoadReport.Of(options, clock.StartedAt, outcomes, [.. options.Marks, .. Mark.OfFile(marks)], late =>
            new Generation(Math.Round(cpu.TotalSeconds, 3), Math.Round(100 * cpu.TotalSeconds / took, 2), generator.ConnectionsOpened,
                generator.MostWaiting, late));
        var text = Markdown.Of(report);
        File.WriteAllText(Path.Combine(options.Out, "load.json"), JsonSerializer.Serialize(report, Json));
        File.WriteAllText(Path.Combine(options.Out, "load.md"), text);
        if (options.WritesResponses)
            WriteResponses(Path.Combine(options.Out, "responses.csv"), outcomes);
        Console.Write(text);
        return 0;
    }

    private static void WriteResponses(string path, Outcome[] outcomes)
    {
        using var file = new StreamWriter(path);
        file.WriteLine("due_us,sent_us,latency_us,key,status,failure,source,admitted");
        foreach (var one in outcomes)
            file.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{one.Due},{one.Sent},{one.Done - one.Due},{one.Key},{one.Status},"
                    + $"{Totals.Words(one.Failure)},{Totals.Words(one.Source)},{one.Admitted}"));
    }
}
