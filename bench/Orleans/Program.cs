using OrleansLimiter.OrleansBenchmarks;

const string Usage = """
    external [SECONDS]   decisions per second from another process than the silo's, rounds of so many seconds (default 3)
    cohosted [SECONDS]   the same inside the silo's process
    bytes                what an active key costs a silo
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
    case ["bytes"]:
        await BytesPerKey.RunAsync();
        return 0;
    case [SiloProcess.Verb, ..]:
        await SiloProcess.ServeAsync(args[1..]);
        return 0;
    default:
        await Console.Error.WriteLineAsync(Usage);
        return 1;
}

static TimeSpan RoundLength(string[] args) => TimeSpan.FromSeconds(args.Length > 1 && int.TryParse(args[1], out var seconds) && seconds > 0 ? seconds : 3);
