using System.Globalization;
using System.Text.Json.Serialization;

namespace OrleansLimiter.ClusterBench.Load;

/// <summary>What the generator is to do; the README has each option's meaning.</summary>
internal sealed record LoadOptions
{
    private const int MostRequests = 5_000_000;

    public LoadOptions(Arguments arguments)
    {
        Urls = arguments.Urls();
        Rate = arguments.Whole("rate", 2000, 1, 50_000);
        Seconds = arguments.Whole("seconds", 120, 1, 3600);
        WarmUpSeconds = arguments.Whole("warm-up", 2, 0, 60);
        Keys = arguments.Whole("keys", 1000, 1, 100_000);
        KeyPrefix = arguments.Text("key-prefix") ?? $"load-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}-";
        Seed = arguments.Whole("seed", 42, 0, int.MaxValue);
        Policy = arguments.Text("policy") ?? "default";
        ApiKey = arguments.Text("api-key") ?? "dev-free-key";
        Cost = arguments.Whole("cost", 1, 0, 1_000_000);
        Connections = arguments.Whole("connections", 512, 1, 4096);
        TimeoutSeconds = arguments.Whole("timeout", 10, 1, 60);
        WindowSeconds = arguments.Whole("window", 60, 1, 3600);
        WithinMs = [.. (arguments.Text("within") ?? "250,1000").Split(',').Select(text => Number("within", text))];
        SettleMs = 1000 * arguments.Whole("settle", 3, 0, 600);
        Marks = [.. arguments.All("mark").Select(Mark.OfOption)];
        Out = arguments.Text("out") ?? "artifacts/load";
        WritesResponses = arguments.Whole("csv", 0, 0, 1) == 1;
        arguments.RefuseOthers();
        if ((long)Rate * (Seconds + WarmUpSeconds) > MostRequests)
            throw new UsageException(
                $"--rate times --seconds is above {MostRequests} requests: their outcomes would take too much memory from what is "
                + $"measured.");
    }

    public Uri[] Urls { get; }

    /// <summary>Requests per second, over all URLs.</summary>
    public int Rate { get; }

    public int Seconds { get; }

    /// <summary>Seconds at the same rate, on other keys, before the measured ones.</summary>
    public int WarmUpSeconds { get; }

    public int Keys { get; }

    public string KeyPrefix { get; }

    public int Seed { get; }

    public string Policy { get; }

    /// <summary>A secret, so it is not in the results.</summary>
    [JsonIgnore]
    public string ApiKey { get; }

    public int Cost { get; }

    /// <summary>At most so many connections, over all URLs.</summary>
    public int Connections { get; }

    /// <summary>Counted from when a request was due.</summary>
    public int TimeoutSeconds { get; }

    public int WindowSeconds { get; }

    public int[] WithinMs { get; }

    /// <summary>Keys that answer <c>local</c> later than this after a mark are counted.</summary>
    public int SettleMs { get; }

    public IReadOnlyList<Mark> Marks { get; }

    /// <summary>The folder of the results, and of <c>marks.txt</c>.</summary>
    public string Out { get; }

    /// <summary>Whether every response is written as a line of <c>responses.csv</c>.</summary>
    public bool WritesResponses { get; }

    private static int Number(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            ? value
            : throw new UsageException($"--{name} has '{text}'; each must be a whole number of milliseconds above 0.");
}
