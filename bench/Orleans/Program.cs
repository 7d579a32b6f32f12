using OrleansLimiter.OrleansBenchmarks;

const string Usage = """
    external [SECONDS]   decisions per second from another process than the silo's, rounds of so many seconds (default 3)
    cohosted [SECONDS]   the same inside the silo's process
    bytes [KEYS]         what an active key costs a silo that holds so many (default 100000); takes 85 s or a little more
    The silo is the product's own. It uses the Redis that REDIS_URL names; without one, its own memory.
    """;

switch (args)
{
    case ["external"] or ["external", _]:
        await Throughput.RunExternalAsync(RoundLength(args));
        return 0;
    case ["cohosted"] or ["cohosted", _]:
        await Throughput.RunCoHostedAsync(RoundLength(args));
        return 0;
    case ["bytes"] or ["bytes", _]:
        await BytesPerKey.RunAsync(Number(args, BytesPerKey.DefaultKeys));
        return 0;
    case [SiloProcess.Verb, ..]:
        await SiloProcess.ServeAsync(args[1..]);
        return 0;
    default:
        await Console.Error.WriteLineAsync(Usage);
        return 1;
}

static TimeSpan RoundLength(string[] args) => TimeSpan.FromSeconds(Number(args, 3));

static int Number(string[] args, int otherwise) =>
    args.Length > 1 && int.TryParse(args[1], out var number) && number > 0 ? number : otherwise;
