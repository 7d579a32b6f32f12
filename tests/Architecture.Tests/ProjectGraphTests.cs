using Xunit;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>The checker itself, on small graphs: each rule must be able to fail, and only for its own reason.</summary>
public class ProjectGraphTests
{
    [Theory]
    [InlineData("Core", "Limiter")]
    [InlineData("Core", "Engines/Memory")]
    [InlineData("Engines/Memory", "Limiter")]
    [InlineData("Engines/Memory", "AspNetCore")]
    [InlineData("Engines/Memory", "Engines/Redis")]
    [InlineData("Engines/Redis", "Engines/Memory")]
    [InlineData("Engines/Orleans", "AspNetCore")]
    [InlineData("Engines/Orleans", "Grains")]
    [InlineData("Limiter", "Engines/Redis")]
    [InlineData("AspNetCore", "Shop")]
    [InlineData("Shop", "Engines/Redis")]
    [InlineData("Valve", "Limiter")]
    [InlineData("Limiter", "AspNetCore")]
    [InlineData("AspNetCore", "Api")]
    [InlineData("AspNetCore", "Engines/Redis")]
    [InlineData("Api", "Grains")]
    [InlineData("Hosting", "Shop")]
    [InlineData("Api", "Grains.Abstractions")]
    [InlineData("Api", "tests/TestKit")]
    [InlineData("Grains.Abstractions", "Grains")]
    [InlineData("Grains", "Limiter")]
    [InlineData("Silo", "Api")]
    [InlineData("Silo", "Engines/Memory")]
    [InlineData("Testing", "AspNetCore")]
    [InlineData("Testing", "Engines/Redis")]
    [InlineData("packages/Limiter", "Hosting")]
    [InlineData("packages/AspNetCore", "Shop")]
    [InlineData("tests/Limiter.Tests", "Api")]
    [InlineData("tests/Limiter.Tests", "Shop")]
    [InlineData("tests/AspNetCore.Tests", "tests/ServiceKit")]
    [InlineData("tests/Shop.Tests", "Api")]
    public void A_room_may_not_name_a_project_that_stands_to_its_left(string room, string other)
    {
        var complaint = OnlyViolation(Project(room, ProjectReference(room, other)), Project(other));

        Assert.StartsWith($"{PathOf(room)} names the project {PathOf(other)};", complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Core", "Polly.Core")]
    [InlineData("Limiter", "Polly.Core")]
    [InlineData("Core", "System.Collections.Immutable")]
    [InlineData("Limiter", "Polly")]
    [InlineData("Limiter", "Microsoft.Extensions.Http")]
    [InlineData("Engines/Memory", "Polly.Core")]
    [InlineData("Engines/Redis", "Polly.Core")]
    [InlineData("Engines/Orleans", "Polly.Core")]
    [InlineData("Grains", "OpenTelemetry")]
    [InlineData("Silo", "StackExchange.Redis")]
    [InlineData("AspNetCore", "OpenTelemetry")]
    public void A_room_may_not_name_a_package_that_its_rule_does_not_list(string room, string package)
    {
        var complaint = OnlyViolation(Project(room, $"<PackageReference Include='{package}' />"));

        Assert.StartsWith($"{PathOf(room)} names the package {package};", complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Api", "StackExchange.Redis", "the Redis client is for Engines/Redis")]
    [InlineData("tests/Api.Tests", "StackExchange.Redis", "the Redis client is for Engines/Redis")]
    [InlineData("Api", "Microsoft.Orleans.Client", "Orleans is for Grains.Abstractions, Grains, Silo, Engines/Orleans, samples/OrleansApp")]
    [InlineData("tests/Core.Tests", "microsoft.orleans.testinghost",
        "Orleans is for Grains.Abstractions, Grains, Silo, Engines/Orleans, samples/OrleansApp")]
    [InlineData("tests/Core.Tests", "Microsoft.AspNetCore.Mvc.Testing", "ASP.NET is for AspNetCore, Hosting, Shop, Api, Silo")]
    [InlineData("tests/Core.Tests", "Microsoft.EntityFrameworkCore.Sqlite", "EF Core is for Shop, Api")]
    [InlineData("bench/Decisions", "Npgsql.EntityFrameworkCore.PostgreSQL", "EF Core is for Shop, Api")]
    public void A_confined_package_is_for_its_rooms_and_their_tests_alone(string room, string package, string reason)
    {
        var complaint = OnlyViolation(Project(room, $"<PackageReference Include='{package}' />"));

        Assert.Contains($"names {package}; {reason}", complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Core")]
    [InlineData("Limiter")]
    [InlineData("Engines/Memory")]
    [InlineData("Grains")]
    [InlineData("tests/Core.Tests")]
    public void ASP_NET_is_for_its_rooms_alone_whether_named_as_a_framework_or_an_SDK(string room)
    {
        var byFramework = OnlyViolation(Project(room, "<FrameworkReference Include='Microsoft.AspNetCore.App' />"));
        var bySdk = OnlyViolation(ProjectFile.Parse(PathOf(room), "<Project Sdk='Microsoft.NET.Sdk.Web' />"));

        Assert.Contains(
            "names Microsoft.AspNetCore.App; ASP.NET is for AspNetCore, Hosting, Shop, Api, Silo", byFramework, StringComparison.Ordinal);
        Assert.Contains(
            "names Microsoft.NET.Sdk.Web; ASP.NET is for AspNetCore, Hosting, Shop, Api, Silo", bySdk, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<Project><Sdk Name='Microsoft.NET.Sdk.Web' /></Project>")]
    [InlineData("<Project><Import Project='Sdk.props' Sdk='Microsoft.NET.Sdk.Web' /></Project>")]
    [InlineData("<Project Sdk='Microsoft.NET.Sdk;Microsoft.NET.Sdk.Web/10.0.100' />")]
    public void An_SDK_is_seen_however_it_is_named(string xml) =>
        Assert.Contains("names Microsoft.NET.Sdk.Web", OnlyViolation(ProjectFile.Parse(PathOf("Core"), xml)), StringComparison.Ordinal);

    [Fact]
    public void An_SDK_or_a_framework_that_no_rule_knows_is_refused()
    {
        Assert.Contains("names Aspire.AppHost.Sdk, which no rule knows",
            OnlyViolation(ProjectFile.Parse(PathOf("Api"), "<Project Sdk='Aspire.AppHost.Sdk' />")), StringComparison.Ordinal);
        Assert.Contains("names Microsoft.WindowsDesktop.App, which no rule knows",
            OnlyViolation(Project("Core", "<FrameworkReference Include='Microsoft.WindowsDesktop.App' />")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_tests_of_a_room_may_name_what_the_room_may()
    {
        var tests = Project("tests/Redis.Tests",
            ProjectReference("tests/Redis.Tests", "Engines/Redis") + "<PackageReference Include='StackExchange.Redis' />");

        Assert.Empty(ProjectGraph.Violations([tests, Project("Engines/Redis")]));
    }

    [Fact]
    public void A_room_does_not_come_by_a_family_through_the_rooms_that_it_names()
    {
        var api = Project("Api", ProjectReference("Api", "Engines/Redis") + "<PackageReference Include='StackExchange.Redis' />");

        Assert.Contains("the Redis client is for Engines/Redis", OnlyViolation(api, Project("Engines/Redis")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Dashboard")]
    [InlineData("Engines/Postgres")]
    [InlineData("eng/tools")]
    [InlineData("Core/Algorithms")]
    [InlineData("")]
    public void A_project_without_a_rule_is_told_where_to_add_one(string room)
    {
        var complaint = OnlyViolation(Project(room));

        Assert.Contains($"the room '{room}' has no rule", complaint, StringComparison.Ordinal);
        Assert.Contains(RoomRules.Where, complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_of_rules_is_where_messages_say() =>
        Assert.Contains(RepositoryFiles.EndingIn(".cs"), path => path == RoomRules.Where);

    [Theory]
    [InlineData("../Limitr/OrleansLimiter.Limiter.csproj")]
    [InlineData("$(Root)/Limiter/OrleansLimiter.Limiter.csproj")]
    [InlineData("../Limiter/*.csproj")]
    public void A_reference_that_cannot_be_followed_is_refused(string include)
    {
        var complaint = OnlyViolation(Project("Api", $"<ProjectReference Include='{include}' />"), Project("Limiter"));

        Assert.Contains("does not exist as spelt", complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"..\Core\OrleansLimiter.Core.csproj")]
    [InlineData("../Core/../Core/./OrleansLimiter.Core.csproj")]
    public void A_reference_is_followed_however_its_path_is_spelt(string include) =>
        Assert.Empty(ProjectGraph.Violations([Project("Limiter", $"<ProjectReference Include='{include}' />"), Project("Core")]));

    [Fact]
    public void Each_of_several_names_in_one_item_is_checked()
    {
        var violations = ProjectGraph.Violations(
            [Project("Limiter", "<PackageReference Include='Microsoft.Extensions.Options; Polly ;Newtonsoft.Json' />")]);

        Assert.Collection(violations,
            complaint => Assert.Contains("names the package Polly;", complaint, StringComparison.Ordinal),
            complaint => Assert.Contains("names the package Newtonsoft.Json;", complaint, StringComparison.Ordinal));
    }

    [Fact]
    public void An_item_inside_a_condition_a_choice_or_a_target_is_checked()
    {
        const string Item = "<ItemGroup Condition=\"'$(X)' == ''\"><PackageReference Include='Polly' /></ItemGroup>";
        var file = ProjectFile.Parse(PathOf("Core"),
            $"<Project Sdk='Microsoft.NET.Sdk'>{Item}<Choose><When Condition='true'>{Item}</When></Choose><Target "
                + $"Name='T'>{Item}</Target></Project>");

        Assert.Equal(3, ProjectGraph.Violations([file]).Count);
    }

    [Theory]
    [InlineData("<Reference Include='Orleans.Core' HintPath='../lib/Orleans.Core.dll' />", "names the assembly Orleans.Core")]
    [InlineData("<Compile Include='../Limiter/**/*.cs' />", "compiles Limiter/**/*.cs")]
    [InlineData("<Compile Include='$(Root)/Limiter/X.cs' />", "compiles Core/$(Root)/Limiter/X.cs")]
    [InlineData("<PackageDownload Include='Polly' />", "names the package Polly")]
    public void There_is_no_way_round_a_reference(string item, string expected) =>
        Assert.Contains(expected, OnlyViolation(Project("Core", item)), StringComparison.Ordinal);

    [Fact]
    public void An_analyzer_is_no_dependency() =>
        Assert.Empty(ProjectGraph.Violations(
            [Project("Core", "<PackageReference Include='Microsoft.CodeAnalysis.BannedApiAnalyzers' PrivateAssets='all' />")]));

    [Theory]
    [InlineData("Directory.Build.props", "PackageReference")]
    [InlineData("Directory.Packages.props", "GlobalPackageReference")]
    [InlineData("eng/Shared.targets", "PackageReference")]
    [InlineData("Core/Directory.Build.targets", "PackageReference")]
    public void A_file_that_all_projects_share_names_analyzers_alone(string path, string item)
    {
        var analyzer = ProjectFile.Parse(
            path, $"<Project><ItemGroup><{item} Include='Microsoft.CodeAnalysis.BannedApiAnalyzers' /></ItemGroup></Project>");
        var package = ProjectFile.Parse(path, $"<Project><ItemGroup><{item} Include='Polly.Core' /></ItemGroup></Project>");

        Assert.Empty(ProjectGraph.Violations([analyzer]));
        Assert.StartsWith($"{path} names the package Polly.Core;", OnlyViolation(package), StringComparison.Ordinal);
    }

    [Fact]
    public void The_designed_graph_is_allowed()
    {
        (string Room, string[] Names, string Items)[] design =
        [
            ("Core", [], ""),
            ("Valve", ["Core"], ""),
            ("Limiter", ["Core", "Engines/Memory"],
                "<PackageReference Include='Microsoft.Extensions.Options;Microsoft.Extensions.Logging.Abstractions' />"),
            ("Engines/Memory", ["Core", "Valve"], ""),
            ("Engines/Redis", ["Valve", "Limiter"], "<PackageReference Include='StackExchange.Redis' />"),
            ("Engines/Orleans", ["Limiter", "Grains.Abstractions"], "<PackageReference Include='Microsoft.Orleans.Client' />"),
            ("Grains.Abstractions", ["Core"], "<PackageReference Include='Microsoft.Orleans.Sdk' />"),
            ("Grains", ["Core", "Grains.Abstractions"], "<PackageReference Include='Microsoft.Orleans.Runtime' />"),
            ("Silo", ["Grains"],
                "<PackageReference Include='Microsoft.Orleans.Server' /><FrameworkReference Include='Microsoft.AspNetCore.App' />"),
            ("AspNetCore", ["Core", "Limiter"], "<FrameworkReference Include='Microsoft.AspNetCore.App' />"),
            ("Hosting", ["AspNetCore"], "<PackageReference Include='OpenTelemetry.Extensions.Hosting' />"),
            ("Shop", ["Hosting", "Valve"], "<PackageReference Include='Microsoft.EntityFrameworkCore.Sqlite' />"),
            ("Api", ["AspNetCore", "Engines/Redis", "Engines/Orleans", "Shop"], ""),
            ("tests/TestKit", [], ""),
            ("tests/ServiceKit", ["Api", "tests/TestKit"], "<PackageReference Include='Microsoft.AspNetCore.Mvc.Testing' />"),
            ("tests/Api.Tests", ["Api", "tests/ServiceKit"], "<PackageReference Include='Microsoft.AspNetCore.Mvc.Testing' />"),
            ("tests/Shop.Tests", ["Shop", "tests/ServiceKit"], "<PackageReference Include='Microsoft.AspNetCore.Mvc.Testing' />"),
            ("bench/Http", ["AspNetCore"], "<PackageReference Include='BenchmarkDotNet' />"),
        ];

        var files = design.Select(room =>
            Project(room.Room, string.Concat(room.Names.Select(name => ProjectReference(room.Room, name))) + room.Items));

        Assert.Empty(ProjectGraph.Violations([.. files]));
    }

    private static string OnlyViolation(params ProjectFile[] files) => Assert.Single(ProjectGraph.Violations(files));

    private static ProjectFile Project(string room, string items = "") => ProjectFile.Parse(
        PathOf(room), $"<Project Sdk='Microsoft.NET.Sdk'><ItemGroup>{items}</ItemGroup></Project>");

    private static string ProjectReference(string room, string other) =>
        $"<ProjectReference Include='{string.Concat(room.Split('/').Select(_ => "../"))}{PathOf(other)}' />";

    private static string PathOf(string room) => $"{room}/OrleansLimiter.{room.Split('/')[^1]}.csproj".TrimStart('/');
}
