using OrleansLimiter.TestKit.Processes;

namespace OrleansLimiter.AbuseBench;

/// <summary>What the command line says beside the attack's name. Immutable.</summary>
internal sealed record AttackOptions
{
    private const int MostSeconds = 3_600;
    private const int MostRequests = 10_000_000;
    private static readonly string[] AllEngines = ["memory", "redis", "orleans"];

    /// <exception cref="UsageException">One of them is unknown or wrong.</exception>
    public AttackOptions(Arguments arguments)
    {
        Engines = EnginesOf(arguments.Text("engine") ?? AllEngines[0]);
        Root = arguments.Text("build") is { } folder ? BuiltIn(folder) : Programs.Root;
        Database = arguments.Text("database");
        Seconds = arguments.Whole("seconds", 1, MostSeconds);
        Requests = arguments.Whole("requests", 1, MostRequests);
        arguments.RefuseOthers();
    }

    /// <summary>
    /// Which engines are attacked, one after the other (<c>--engine memory|redis|orleans|all</c>). Default: memory.
    /// </summary>
    public IReadOnlyList<string> Engines { get; }

    /// <summary>
    /// The checkout whose build is attacked (<c>--build FOLDER</c>): another one shows what was before. Default: the tool's own.
    /// </summary>
    public string Root { get; }

    /// <summary>
    /// What accounts and tickets are kept in (<c>--database postgres://...</c>); null: a SQLite file of the run's own.
    /// </summary>
    public string? Database { get; }

    /// <summary>How long the attack lasts (<c>--seconds N</c>, 1 to 3,600); null: as long as it lasts by default.</summary>
    public int? Seconds { get; }

    /// <summary>
    /// How many requests are sent where an attack counts them (<c>--requests N</c>, 1 to 10,000,000); null: as many as it sends by default.
    /// </summary>
    public int? Requests { get; }

    private static string[] EnginesOf(string value) => value == "all"
        ? AllEngines
        : AllEngines.Contains(value)
            ? [value]
            : throw new UsageException($"--engine is '{value}'; it must be one of {string.Join(", ", AllEngines)} or all.");

    private static string BuiltIn(string folder) => File.Exists(Path.Combine(folder, "OrleansLimiter.sln"))
        ? Path.GetFullPath(folder)
        : throw new UsageException($"--build is '{folder}'; it must be a checkout of the repository that was built.");
}
