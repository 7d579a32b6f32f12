namespace OrleansLimiter.Architecture.Tests;

/// <summary>
/// The rooms and what each may name: data flows one way, HTTP -> AspNetCore -> Limiter -> ports of Core; engines serve those ports and add
/// themselves to the limiter. A new room gets its line here, in the change that adds it.
/// </summary>
internal static class RoomRules
{
    /// <summary>Where this table is, for messages.</summary>
    public const string Where = "tests/Architecture.Tests/RoomRules.cs";

    public static readonly Family Orleans = new("Orleans", ["Microsoft.Orleans.*", "OrleansDashboard*"],
        ["Grains.Abstractions", "Grains", "Silo", "Engines/Orleans", "samples/OrleansApp"]);

    public static readonly Family[] Families =
    [
        Orleans,
        new("the Redis client", ["StackExchange.Redis*"], ["Engines/Redis", "packages/Orleans"]),
        new("ASP.NET", ["Microsoft.NET.Sdk.Web", "Microsoft.NET.Sdk.Razor", "Microsoft.NET.Sdk.BlazorWebAssembly",
            "Microsoft.AspNetCore.*"],
            ["AspNetCore", "Hosting", "Shop", "Api", "Silo", "samples/*", "bench/*"]), // bench compares with a bare Kestrel
        // Api names the tool that writes migrations, which starts it
        new("EF Core", ["Microsoft.EntityFrameworkCore*", "Npgsql*", "Microsoft.Data.Sqlite*", "SQLitePCLRaw*"], ["Shop", "Api"]),
    ];

    /// <summary>Packages that run in the compiler and are no dependency of what is built.</summary>
    public static readonly string[] Analyzers = ["Microsoft.CodeAnalysis.BannedApiAnalyzers", "Microsoft.CodeAnalysis.PublicApiAnalyzers"];

    private static readonly RoomRule[] Rules =
    [
        new("Core", Rooms: [], Packages: []),
        new("Valve", ["Core"], []),
        // The memory engine is the embedded one, and decides where a remote one does not answer.
        new("Limiter", ["Core", "Engines/Memory"],
        [
            // Settings in, metrics and logs out, checked when the host starts: the .NET abstractions that any host brings.
            "Microsoft.Extensions.Configuration",
            "Microsoft.Extensions.Configuration.Abstractions",
            "Microsoft.Extensions.Configuration.Binder",
            "Microsoft.Extensions.DependencyInjection.Abstractions",
            "Microsoft.Extensions.Diagnostics",
            "Microsoft.Extensions.Diagnostics.HealthChecks",
            "Microsoft.Extensions.Hosting.Abstractions",
            "Microsoft.Extensions.Logging.Abstractions",
            "Microsoft.Extensions.Options",
        ]),
        new("Engines/Memory", ["Core", "Valve"], []),
        new("Engines/Redis", ["Core", "Valve", "Limiter"], ["StackExchange.Redis"]),
        new("Engines/Orleans", ["Core", "Valve", "Limiter", "Grains.Abstractions"],
            ["Microsoft.Orleans.*", "Microsoft.Extensions.Hosting"]),
        new("Grains.Abstractions", ["Core", "Valve"], ["Microsoft.Orleans.*"]),
        new("Grains", ["Core", "Valve", "Grains.Abstractions"], ["Microsoft.Orleans.*"]),
        new("AspNetCore", ["Core", "Limiter"], []),
        // Apart, so that an app without OpenTelemetry has none of it. Not its SDK: that is the app's.
        new("Instrumentation", ["Core", "Limiter"], ["OpenTelemetry.Api"]),
        new("Hosting", ["Core", "Limiter", "AspNetCore", "Instrumentation"], ["OpenTelemetry*"]),
        // A test double for apps' tests: as little as they have anyway.
        new("Testing", ["Core", "Limiter"], []),
        // It also has the front end's side of the cluster, as a client or as a silo in its process: Api names one room for both.
        new("Silo", ["Core", "Valve", "Grains.Abstractions", "Grains", "Engines/Orleans", "Limiter", "Hosting"], ["Microsoft.Orleans.*"]),
        new("Shop", ["Core", "Valve", "Limiter", "AspNetCore", "Engines/Memory", "Hosting"],
            ["Microsoft.AspNetCore.*", "Microsoft.EntityFrameworkCore*", "Npgsql*", "zxcvbn-core"]),
        new("Api", ["Core", "Limiter", "AspNetCore", "Engines/*", "Hosting", "Shop", "Silo"], ["*"]),
        new("samples/*", ["*"], ["*"]),
        // What is in which package, and what that asks for: PackageTests holds it against what the rooms name.
        new("packages/*", ["Core", "Valve", "Engines/*", "Limiter", "AspNetCore", "Grains.Abstractions", "Grains", "Testing",
            "Instrumentation", "packages/*"],
            ["*"], FamiliesOfNamedRooms: true),
        new("templates", [], []),
        // The whole service is for the tests of what it serves, of its processes, and of the load that runs against it; those of any other
        // room do without it, and without the shop.
        new("tests/ServiceKit", ["Api", "tests/TestKit"], ["*"], FamiliesOfNamedRooms: true),
        new("tests/Api.Tests", ["Api", "tests/ServiceKit", "tests/TestKit"], ["*"], FamiliesOfNamedRooms: true),
        new("tests/Shop.Tests", ["Shop", "tests/ServiceKit", "tests/TestKit"], ["*"], FamiliesOfNamedRooms: true),
        new("tests/Silo.Tests", ["Silo", "Api", "tests/TestKit"], ["*"], FamiliesOfNamedRooms: true),
        new("tests/SaleBench.Tests", ["bench/Sale", "Api", "tests/TestKit"], ["*"], FamiliesOfNamedRooms: true),
        new("tests/*", ["Core", "Valve", "Engines/*", "Limiter", "Grains*", "AspNetCore", "Instrumentation", "Testing", "samples/*",
            "packages/*", "templates", "bench/*", "tests/Conformance", "tests/TestKit"],
            ["*"], FamiliesOfNamedRooms: true),
        new("bench/*", ["*"], ["*"], FamiliesOfNamedRooms: true),
    ];

    // What Directory.Build.props, its kin and eng/*.targets name, every project names.
    private static readonly RoomRule Shared = new("files that all projects share", [], []);

    /// <summary>The rule for a file, or null if its room has none.</summary>
    public static RoomRule? For(ProjectFile file) =>
        Rules.FirstOrDefault(rule => Pattern.Matches([rule.Room], file.IsProject ? file.Room : file.Room + "/"))
        ?? (file.IsProject ? null : Shared);
}
