using System.Globalization;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Settings;

namespace OrleansLimiter.Hosting.Connections;

/// <summary>What clients may hold of the service, and for how long (section <c>Connections</c>). Immutable; made once, at start.</summary>
/// <param name="Max">
/// <c>Connections:MaxConnections</c>: the most client connections at a time, those of operators' listener not counted. Default: what the process' descriptor limit leaves after the
/// reserve that the service itself needs, at most 20,000; 10,000 where the system names no limit. 16 to what the limit leaves.
/// </param>
/// <param name="Idle"><c>Connections:IdleSeconds</c>: how long a connection may be kept without a request. Default 130 s, longer than balancers keep theirs; 5 to 3,600.</param>
/// <param name="Header"><c>Connections:HeaderSeconds</c>: how long the head of a request may take. Default 10 s; 1 to 120.</param>
/// <param name="BodyBytesPerSecond"><c>Connections:MinBodyBytesPerSecond</c>: how fast a body must come after its first 5 s, and be taken by who reads an answer. Default 512; 1 to 1,000,000.</param>
internal sealed record ConnectionSettings(int Max, TimeSpan Idle, TimeSpan Header, int BodyBytesPerSecond)
{
    /// <summary>The section.</summary>
    public const string Section = "Connections";

    /// <summary>The setting of <see cref="Max"/>.</summary>
    public const string MaxName = $"{Section}:MaxConnections";

    private const int DefaultMax = 20_000;
    private const int DefaultMaxWithoutLimit = 10_000;
    private const int LeastMax = 16;
    private const int MostMax = 1_000_000;
    private const int DefaultIdleSeconds = 130;
    private const int DefaultHeaderSeconds = 10;
    private const int DefaultBodyBytesPerSecond = 512;

    // The runtime keeps one open for each assembly that it has loaded: some 310 with the memory engine, 70 more with the cluster's. Then files, Redis or the silos, the
    // operators' listener and the refusals under way (64 each). At the very end of its descriptors a process cannot even load what would say so.
    private const int OwnDescriptors = 600;

    private static readonly string[] Names = ["MaxConnections", "IdleSeconds", "HeaderSeconds", "MinBodyBytesPerSecond"];

    /// <summary>Of a program that serves nobody but operators.</summary>
    public static ConnectionSettings OperatorsOnly { get; } = new(0, TimeSpan.FromSeconds(DefaultIdleSeconds), TimeSpan.FromSeconds(DefaultHeaderSeconds), DefaultBodyBytesPerSecond);

    /// <summary>How long a body may be slower than it must be.</summary>
    public static TimeSpan BodyGrace { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="descriptors">The process' descriptor limit; null: it has none, or the system does not say.</param>
    /// <param name="forDatabase">How many descriptors the database may take.</param>
    /// <param name="errors">Where to what is wrong goes.</param>
    public static ConnectionSettings Read(IConfiguration configuration, int? descriptors, int forDatabase, List<InvalidValue> errors)
    {
        MisspelledSettings.CheckSection(configuration, Section, Names, errors);
        var (most, reason) = MostOf(descriptors, OwnDescriptors + forDatabase, errors);
        var max = WholeNumber.Read(configuration, MaxName, Math.Min(most, descriptors is null ? DefaultMaxWithoutLimit : DefaultMax), LeastMax, most, $"connections{reason}", errors);
        var idle = WholeNumber.Read(configuration, $"{Section}:IdleSeconds", DefaultIdleSeconds, 5, 3_600, "seconds", errors);
        var header = WholeNumber.Read(configuration, $"{Section}:HeaderSeconds", DefaultHeaderSeconds, 1, 120, "seconds", errors);
        var rate = WholeNumber.Read(configuration, $"{Section}:MinBodyBytesPerSecond", DefaultBodyBytesPerSecond, 1, 1_000_000, "bytes", errors);
        return new ConnectionSettings(max, TimeSpan.FromSeconds(idle), TimeSpan.FromSeconds(header), rate);
    }

    /// <summary>What a limit leaves.</summary>
    private static (int Most, string Reason) MostOf(int? descriptors, int reserve, List<InvalidValue> errors)
    {
        if (descriptors is not { } limit)
            return (MostMax, string.Empty);
        if (limit < reserve + LeastMax)
            errors.Add(new InvalidValue("ulimit -n", limit.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"must be at least {reserve + LeastMax:N0} descriptors, of which the service needs {reserve:N0} for itself")));
        return (Math.Clamp(limit - reserve, LeastMax, MostMax), string.Create(CultureInfo.InvariantCulture, $", because the process may have {limit:N0} descriptors (ulimit -n) and needs {reserve:N0} for itself"));
    }
}
