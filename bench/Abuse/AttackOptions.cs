using System.Globalization;
using OrleansLimiter.TestKit.Processes;

namespace OrleansLimiter.AbuseBench;

/// <summary>What the command line says beside the attack's name. Immutable.</summary>
/// <param name="Engines">Which engines are attacked, one after the other (<c>--engine memory|redis|orleans|all</c>). Default:
/// memory.</param>
/// <param name="Root">The checkout whose build is attacked (<c>--build FOLDER</c>): another one shows what was before. Default: the tool's
/// own.</param>
/// <param name="Database">What accounts and tickets are kept in (<c>--database postgres://...</c>); null: a SQLite file of the run's
/// own.</param>
/// <param name="Seconds">How long the attack lasts (<c>--seconds N</c>, 1 to 900); null: as long as it lasts by default.</param>
/// <param name="Requests">How many requests are sent where an attack counts them (<c>--requests N</c>, 1 to 10,000,000); null: as many as
/// it sends by default.</param>
internal sealed record AttackOptions(IReadOnlyList<string> Engines, string Root, string? Database, int? Seconds, int? Requests)
{
    private const int MostSeconds = 900;
    private const int MostRequests = 10_000_000;
    private static readonly string[] AllEngines = ["memory", "redis", "orleans"];

    /// <summary>Reads the options.</summary>
    /// <exception cref="UsageException">One of them is unknown or wrong.</exception>
    public static AttackOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new AttackOptions(["memory"], Programs.Root, null, null, null);
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : throw new UsageException($"{arguments[i]} has no value.");
            options = arguments[i] switch
            {
                "--engine" => options with { Engines = EnginesOf(value) },
                "--build" => options with { Root = FolderOf(value) },
                "--database" => options with { Database = value },
                "--seconds" => options with { Seconds = WholeOf("--seconds", value, MostSeconds) },
                "--requests" => options with { Requests = WholeOf("--requests", value, MostRequests) },
                var other =>
                    throw new UsageException($"{other} is unknown; known are --build, --database, --engine, --requests and --seconds."),
            };
        }

        return options;
    }

    private static string[] EnginesOf(string value) => value == "all"
        ? AllEngines
        : AllEngines.Contains(value)
            ? [value]
            : throw new UsageException($"--engine is '{value}'; it must be one of {string.Join(", ", AllEngines)} or all.");

    private static string FolderOf(string value) => File.Exists(Path.Combine(value, "OrleansLimiter.sln"))
        ? Path.GetFullPath(value)
        : throw new UsageException($"--build is '{value}'; it must be a checkout of the repository that was built.");

    private static int WholeOf(string option, string value, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) && whole >= 1 && whole <= most
            ? whole
            : throw new UsageException($"{option} is '{value}'; it must be a whole number from 1 to {most}.");
}
