using Xunit;

namespace OrleansLimiter.Packages.Tests;

/// <summary>What a package's own page shows, as a program on the packages that it has people add.</summary>
[Trait("Length", "long")]
public sealed class ReadmeTests(PackedFeed feed)
{
    [Theory]
    [InlineData("AspNetCore", "Microsoft.NET.Sdk.Web")]
    [InlineData("Instrumentation", "Microsoft.NET.Sdk.Web")]
    [InlineData("Limiter", "Microsoft.NET.Sdk")]
    [InlineData("Orleans", "Microsoft.NET.Sdk.Web")]
    [InlineData("Orleans.Grains", "Microsoft.NET.Sdk.Web")]
    [InlineData("Redis", "Microsoft.NET.Sdk.Web")]
    [InlineData("Testing", "Microsoft.NET.Sdk", "xunit.v3")]
    public async Task What_a_package_shows_compiles(string package, string sdk, params string[] more)
    {
        const string Add = "dotnet add package ";
        var page = Repository.Read($"packages/{package}/README.md");
        var added = page.Split('\n').Where(line => line.StartsWith(Add, StringComparison.Ordinal)).Select(line => line[Add.Length..])
            .Concat(more);
        var references = added.Select(name => $"""<PackageReference Include="{name}" Version="{VersionOf(name)}" />""");
        var folder = feed.NewFolder($"page-{package}");
        var program = page.Split("```csharp\n", 2)[1].Split("```", 2)[0];
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), program, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(folder, "app.csproj"),
            $"""
            <Project Sdk="{sdk}">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
              <ItemGroup>{string.Concat(references)}</ItemGroup>
            </Project>
            """,
            TestContext.Current.CancellationToken);

        Assert.Contains("0 Error(s)", await Tool.RunAsync(folder, feed.Variables, "dotnet", "build", "-nologo"), StringComparison.Ordinal);
    }

    private string VersionOf(string package) =>
        package.StartsWith("OrleansLimiter", StringComparison.Ordinal) ? feed.Version : Repository.VersionOf(package);
}
