namespace OrleansLimiter.Architecture.Tests;

/// <summary>
/// The rooms and what each may name: data flows one way, HTTP -> AspNetCore -> Limiter -> ports of Core &lt;- Engines.
/// A new room gets its line here, in the change that adds it.
/// </summary>
internal static class RoomRules
{
    /// <summary>Where this table is, for messages.</summary>
    public const string Where = "tests/Architecture.Tests/RoomRules.cs";

    public static readonly Family Orleans = new("Orleans", ["Microsoft.Orleans.*", "OrleansDashboard*"],
        ["Grains.Abstractions", "Grains", "Silo", "Engines/Orleans"]);

    public static readonly Family[] Families =
    [
        Orleans,
        new("the Redis client", ["StackExchange.Redis*"], ["Engines/Redis"]),
        new("ASP.NET", ["Microsoft.NET.Sdk.Web", "Microsoft.NET.Sdk.Razor", "Microsoft.NET.Sdk.BlazorWebAssembly", "Microsoft.AspNetCore.*"],
            ["AspNetCore", "AspNetCore.Redis", "Hosting", "Api", "Silo", "bench/*"]), // bench compares with a bare Kestrel
        new("EF Core", ["Microsoft.EntityFrameworkCore*", "Npgsql*", "Microsoft.Data.Sqlite*", "SQLitePCLRaw*"], ["Api"]),
    ];

    /// <summary>Packages that run in the compiler and are no dependency of what is built.</summary>
    public static readonly string[] Analyzers = ["Microsoft.CodeAnalysis.BannedApiAnalyzers", "Microsoft.CodeAnalysis.PublicApiAnalyzers"];

    private static readonly RoomRule[] Rules =
    [
        new("Core", Rooms: [], Packages: []),
        new("Limiter", ["Core"],
        [
            "Polly.Core",
            // Settings in, metrics and logs out, checked when the host starts: the .NET abstractions that any host brings.
            "Microsoft.Extensions.Configuration.Abstractions",
            "Microsoft.Extensions.DependencyInjection.Abstractions",
            "Microsoft.Extensions.Diagnostics",
            "Microsoft.Extensions.Hosting.Abstractions",
            "Microsoft.Extensions.Logging.Abstractions",
        ]),
        new("Engines/Memory", ["Core"], []),
        new("Engines/Redis", ["Core"], ["StackExchange.Redis"]),
        new("Engines/Orleans", ["Core", "Grains.Abstractions"], ["Microsoft.Orleans.*", "Microsoft.Extensions.Hosting"]),
        new("Grains.Abstractions", ["Core"], ["Microsoft.Orleans.*"]),
        new("Grains", ["Core", "Grains.Abstractions"], ["Microsoft.Orleans.*"]),
        new("AspNetCore", ["Core", "Limiter", "Engines/Memory"], []),
        new("Hosting", ["Core", "Limiter"], ["OpenTelemetry*"]),
        // Redis for any ASP.NET Core app, Hosting for what the variables say of its address.
        new("AspNetCore.Redis", ["Core", "Limiter", "AspNetCore", "Engines/Redis", "Hosting"], []),
        // It also has the front end's side of the cluster, as a client or as a silo in its process: Api names one room for both.
        new("Silo", ["Core", "Grains.Abstractions", "Grains", "Engines/Orleans", "Limiter", "AspNetCore", "Hosting"], ["Microsoft.Orleans.*"]),
        new("Api", ["Core", "Limiter", "AspNetCore", "AspNetCore.Redis", "Engines/*", "Hosting", "Silo"], ["*"]),
        new("tests/*", ["*"], ["*"], FamiliesOfNamedRooms: true),
        new("bench/*", ["*"], ["*"], FamiliesOfNamedRooms: true),
    ];

    // What Directory.Build.props, its kin and eng/*.targets name, every project names.
    private static readonly RoomRule Shared = new("files that all projects share", [], []);

    /// <summary>The rule for a file, or null if its room has none.</summary>
    public static RoomRule? For(ProjectFile file) =>
        Rules.FirstOrDefault(rule => Pattern.Matches([rule.Room], file.IsProject ? file.Room : file.Room + "/"))
        ?? (file.IsProject ? null : Shared);
}
