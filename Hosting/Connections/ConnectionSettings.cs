using System.Globalization;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Hosting.Connections;

/// <summary>What clients may hold of the service, and for how long (section <c>Connections</c>). Immutable; made once, at start.</summary>
internal sealed record ConnectionSettings
{
    private const string Section = "Connections";
    private const int DefaultMax = 20_000;
    private const int DefaultMaxWithoutLimit = 10_000;
    private const int LeastMax = 16;
    private const int MostMax = 1_000_000;

    // The runtime keeps one open for each assembly that it has loaded: some 310 with the memory engine, 70 more with the cluster's. Then
    // files, Redis or the silos, the operators' listener and the refusals under way (64 each). At the very end of its descriptors a process
    // cannot even load what would say so.
    private const int OwnDescriptors = 600;

    /// <summary>
    /// The most client connections at a time, those of operators' listener not counted. Default (null): what the process' descriptor limit
    /// leaves after the reserve that the service itself needs, at most 20,000; 10,000 where the system names no limit. 16 to what the limit
    /// leaves.
    /// </summary>
    public int? MaxConnections { get; init; }

    /// <summary>
    /// How many seconds a connection may be kept without a request, 5 to 3,600. Default 130, longer than balancers keep theirs.
    /// </summary>
    [WholeNumber(5, 3_600, "seconds")]
    public int IdleSeconds { get; init; } = 130;

    /// <summary>How many seconds the head of a request may take, 1 to 120. Default 10.</summary>
    [WholeNumber(1, 120, "seconds")]
    public int HeaderSeconds { get; init; } = 10;

    /// <summary>
    /// How fast a body must come after its first 5 s, and be taken by who reads an answer, in bytes a second: 1 to 1,000,000. Default 512.
    /// </summary>
    [WholeNumber(1, 1_000_000, "bytes")]
    public int MinBodyBytesPerSecond { get; init; } = 512;

    /// <summary>The most client connections at a time.</summary>
    public int Max { get; private init; }

    /// <summary>How long a connection may be kept without a request.</summary>
    public TimeSpan Idle => TimeSpan.FromSeconds(IdleSeconds);

    /// <summary>How long the head of a request may take.</summary>
    public TimeSpan Header => TimeSpan.FromSeconds(HeaderSeconds);

    /// <summary>How long a body may be slower than it must be.</summary>
    public static TimeSpan BodyGrace { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Of a program that serves nobody but operators.</summary>
    public static ConnectionSettings OperatorsOnly { get; } = new();

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="descriptors">The process' descriptor limit; null: it has none, or the system does not say.</param>
    /// <param name="forDatabase">How many descriptors the database may take.</param>
    /// <param name="errors">Where to what is wrong goes.</param>
    public static ConnectionSettings Read(IConfiguration configuration, int? descriptors, int forDatabase, List<InvalidValue> errors)
    {
        var (most, reason) = MostOf(descriptors, OwnDescriptors + forDatabase, errors);
        var settings = SettingsText.Read<ConnectionSettings>(
            configuration, Section, errors, (nameof(MaxConnections), new WholeNumberAttribute(LeastMax, most, $"connections{reason}")));
        return settings with
        {
            Max = settings.MaxConnections ?? Math.Min(most, descriptors is null ? DefaultMaxWithoutLimit : DefaultMax),
        };
    }

    private static (int Most, string Reason) MostOf(int? descriptors, int reserve, List<InvalidValue> errors)
    {
        if (descriptors is not { } limit)
            return (MostMax, string.Empty);
        if (limit < reserve + LeastMax)
            errors.Add(new InvalidValue("ulimit -n", limit.ToString(CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture,
                $"must be at least {reserve + LeastMax:N0} descriptors, of which the service needs {reserve:N0} for itself")));
        return (Math.Clamp(limit - reserve, LeastMax, MostMax),
            string.Create(CultureInfo.InvariantCulture,
            $", because the process may have {limit:N0} descriptors (ulimit -n) and needs {reserve:N0} for itself"));
    }
}
