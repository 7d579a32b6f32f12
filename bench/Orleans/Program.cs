using OrleansLimiter.OrleansBenchmarks;

const string Usage = """
    external [SECONDS [ROUNDS [CALLERS ...]]]
                         decisions per second from another process than the silo's: so many rounds (default 7) of so many seconds (default
                         3), with each of these numbers of callers (default 256, 64 and 1)
    cohosted [SECONDS [ROUNDS [CALLERS ...]]]
                         the same inside the silo's process
    bytes [KEYS]         what an active key costs a silo that holds so many (default 100000); takes 85 s or a little more
    The silo is the product's own. It uses the Redis that REDIS_URL names; without one, its own memory.
    """;

switch (args)
{
    case ["external", ..]:
        await Throughput.RunExternalAsync(RunOf(args));
        return 0;
    case ["cohosted", ..]:
        await Throughput.RunCoHostedAsync(RunOf(args));
        return 0;
    case ["bytes"] or ["bytes", _]:
        await BytesPerKey.RunAsync(Number(args, 1, BytesPerKey.DefaultKeys));
        return 0;
    case [SiloProcess.Verb, ..]:
        await SiloProcess.ServeAsync(args[1..]);
        return 0;
    default:
        await Console.Error.WriteLineAsync(Usage);
        return 1;
}

static ThroughputRun RunOf(string[] args) => new(
    TimeSpan.FromSeconds(Number(args, 1, 3)),
    Number(args, 2, 7),
    args.Length > 3 ? [.. Enumerable.Range(3, args.Length - 3).Select(place => Number(args, place, 1))] : [256, 64, 1]);

static int Number(string[] args, int place, int otherwise) =>
    args.Length > place && int.TryParse(args[place], out var number) && number > 0 ? number : otherwise;
