using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>What docker-compose.yml and the files beside it promise.</summary>
public partial class DeploymentTests
{
    // What a .NET host gives its services to stop, where nothing else is configured.
    private const int HostsOwnSecondsToStop = 30;

    // How soon Docker asks a container that starts for its health, where nothing else is configured.
    private const int DockersOwnSecondsToFirstCheck = 5;

    private static readonly string Text = RepositoryFiles.Read("docker-compose.yml");
    private static readonly ComposeFile Compose = ComposeFile.Parse(Text);
    private static readonly string Balancer = RepositoryFiles.Read("deploy/haproxy.cfg");

    public static TheoryData<string> Dockerfiles => [.. RepositoryFiles.EndingIn("Dockerfile")];

    [Fact]
    public void Redis_is_bounded_and_throws_nothing_away() =>
        Assert.Contains(" --maxmemory $$MAX_MEMORY --maxmemory-policy noeviction ", Compose.Blocks["redis"], StringComparison.Ordinal);

    [Fact]
    public void Only_the_ports_of_HTTP_are_published()
    {
        Assert.Equal([4000, 4001, 4002], Compose.PublishedPorts.Distinct().Order());
        Assert.DoesNotContain("network_mode", Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("    ports: [\"6379:6379\"]\n", 6379)]
    [InlineData("    ports: [\"127.0.0.1:4000:4000\", \"${X:-0.0.0.0}:30001:30000\"]\n", 30000)]
    [InlineData("    ports:\n      - \"11111:11111\"\n", 0)]
    public void A_published_port_is_seen(string yaml, int port) => Assert.Equal(port, ComposeFile.Parse(yaml).PublishedPorts[^1]);

    [Fact]
    public void Silos_can_be_scaled() => Assert.DoesNotContain("container_name", Text, StringComparison.Ordinal);

    [Fact]
    public void What_is_for_Redis_alone_starts_only_when_asked_for_on_the_same_ports_and_needs_no_silo()
    {
        var profiled = Compose.Blocks.Where(block => block.Value.Contains(" profiles: [redis]\n", StringComparison.Ordinal)).ToList();
        var frontEnds = profiled.Where(block => block.Value.Contains("LIMITER_ENGINE: redis,", StringComparison.Ordinal)).ToList();

        Assert.Equal(["redis-api1", "redis-api2", "redis-balancer"], profiled.Select(block => block.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["redis-api1", "redis-api2"], frontEnds.Select(block => block.Key).Order(StringComparer.Ordinal));
        // else it has the one of what it is merged with
        Assert.All(profiled, block => Assert.Contains("    depends_on:", block.Value, StringComparison.Ordinal));
        Assert.All(profiled, block => Assert.DoesNotContain("silo: {", block.Value, StringComparison.Ordinal));
        Assert.Equal(
            ComposeFile.Parse(Compose.Blocks["api1"] + Compose.Blocks["api2"]).PublishedPorts,
            ComposeFile.Parse(string.Concat(frontEnds.Select(block => block.Value))).PublishedPorts);
        Assert.All(frontEnds, block =>
            Assert.Contains($"{block.Key}:400{block.Key[^1]}\n", Compose.Blocks["redis-balancer"], StringComparison.Ordinal));
    }

    [Fact]
    public void Containers_are_given_longer_to_stop_than_what_runs_in_them_takes()
    {
        var hosts = RepositoryFiles.EndingIn(".cs").SelectMany(path => ShutdownTimeout().Matches(RepositoryFiles.Read(path)))
            .Select(seconds => int.Parse(seconds.Groups[1].Value, CultureInfo.InvariantCulture)).Append(HostsOwnSecondsToStop).Max();
        var built = Compose.Blocks.Where(block => block.Value.Contains(" build:", StringComparison.Ordinal)).ToList();

        Assert.Equal(["silo", "x-front-end"], built.Select(block => block.Key).Order(StringComparer.Ordinal));
        Assert.All(built, block => Assert.True(
            ComposeFile.SecondsToStop(block.Value) > hosts, $"{block.Key} is stopped too soon: its host may take {hosts} s"));
        Assert.True(
            ComposeFile.SecondsToStop(Compose.Blocks["balancer"]) > int.Parse(
                HardStop().Match(Balancer).Groups[1].Value, CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Every_variable_is_in_the_example_with_its_default_and_those_without_one_are_empty_there()
    {
        var example = Assignment().Matches(RepositoryFiles.Read(".env.example"))
            .ToDictionary(line => line.Groups[1].Value, line => line.Groups[2].Value, StringComparer.Ordinal);

        Assert.Equal(
            Compose.Variables.Select(variable => variable.Key).Order(StringComparer.Ordinal), example.Keys.Order(StringComparer.Ordinal));
        Assert.All(Compose.Variables, variable => Assert.All(variable, otherwise => Assert.Equal(example[variable.Key], otherwise ?? "")));
    }

    [Theory]
    [InlineData("JWT_SECRET")]
    [InlineData("REDIS_PASSWORD")]
    [InlineData("POSTGRES_PASSWORD")]
    [InlineData("TENANT_KEY_SHA256")]
    [InlineData("OPERATOR_KEY_SHA256")]
    public void No_secret_has_a_default(string secret)
    {
        Assert.NotEmpty(Compose.Variables[secret]);
        Assert.All(Compose.Variables[secret], Assert.Null);
        Assert.DoesNotContain($"${{{secret}}}", Text, StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_a_Dockerfile_for_each_program() =>
        Assert.Equal(["Api/Dockerfile", "Silo/Dockerfile"], Dockerfiles.Select(row => row.Data));

    [Theory]
    [MemberData(nameof(Dockerfiles))]
    public void An_image_has_no_shell_runs_as_nobody_in_particular_and_is_checked_by_its_own_program(string path)
    {
        var stages = Stage().Split(RepositoryFiles.Read(path));
        var program = $"\"dotnet\", \"OrleansLimiter.{path.Split('/')[0]}.dll\"";

        Assert.Equal(3, stages.Length); // what comes before the first, the build, the image
        Assert.StartsWith("mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled\n", stages[^1], StringComparison.Ordinal);
        Assert.Contains("\nUSER $APP_UID\n", stages[^1], StringComparison.Ordinal);
        Assert.Contains($"\nENTRYPOINT [{program}]\n", stages[^1], StringComparison.Ordinal);
        Assert.Matches($@"\nHEALTHCHECK [^\[]* CMD \[{Regex.Escape(program)}, ""--healthcheck""\]\n", stages[^1]);
        Assert.DoesNotContain("\nRUN ", stages[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_load_balancer_logs_no_request_overwrites_forwarded_addresses_and_sends_nothing_twice()
    {
        Assert.DoesNotMatch(@"(?m)^\s*(log|log-format|option (http|tcp)log|capture)\b", Balancer);
        Assert.Contains("http-request set-header X-Forwarded-For %[src]\n", Balancer, StringComparison.Ordinal);
        Assert.Equal(["conn-failure"], Retry().Matches(Balancer).Select(retry => retry.Groups[1].Value));
    }

    [Fact]
    public void No_container_asks_for_limits_that_a_machine_may_refuse_and_the_load_balancer_bounds_its_own_files()
    {
        Assert.DoesNotContain("ulimits", Text, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^ *fd-hard-limit \d+$", Balancer);
    }

    [Fact]
    public void A_front_end_that_stops_serves_longer_than_the_load_balancer_takes_to_see_it()
    {
        var check = Check().Match(Balancer);
        var fall = Number(check, "fall");
        var seenAfter = (1_000 * Number(check, "inter")) + (Number(check, "fastinter") * (fall - 1));
        var drain = Number(DefaultDrain().Match(RepositoryFiles.Read("Api/Settings/ServiceSettings.cs")), "seconds");

        Assert.True(1_000 * drain > seenAfter,
            $"A front end serves for {drain} s, and the load balancer may send it requests for {seenAfter} ms.");
        Assert.DoesNotContain("DRAIN_SECONDS", Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_front_end_at_another_address_is_found_before_its_container_can_be_healthy() =>
        Assert.True(Number(HoldValid().Match(Balancer), "seconds") < DockersOwnSecondsToFirstCheck,
            "Who replaces one after the other stops the second too soon.");

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?m)^ *default-server check inter (?<inter>\d+)s fastinter (?<fastinter>\d+)ms .*\bfall (?<fall>\d+)\b")]
    private static partial Regex Check();

    [GeneratedRegex(@"(?m)^ *hold valid (?<seconds>\d+)s$")]
    private static partial Regex HoldValid();

    [GeneratedRegex(@"\bDefaultDrainSeconds = (?<seconds>\d+);")]
    private static partial Regex DefaultDrain();

    [GeneratedRegex(@"ShutdownTimeout = TimeSpan\.FromSeconds\((\d+)\)")]
    private static partial Regex ShutdownTimeout();

    [GeneratedRegex(@"(?m)^ *hard-stop-after (\d+)s\b")]
    private static partial Regex HardStop();

    [GeneratedRegex(@"(?m)^([A-Z][A-Z0-9_]*)=(.*)$")]
    private static partial Regex Assignment();

    [GeneratedRegex(@"(?m)^FROM ")]
    private static partial Regex Stage();

    [GeneratedRegex(@"(?m)^ *retry-on (.*)$")]
    private static partial Regex Retry();
}
