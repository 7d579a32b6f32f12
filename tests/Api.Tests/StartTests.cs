using System.Net;
using System.Net.Sockets;
using System.Reflection;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>Runs alone: what a start says goes to the console of the whole process.</summary>
[Collection(nameof(Alone))]
public sealed class StartTests
{
    [Theory]
    [InlineData("--PORT=x", "PORT is 'x': it must be a whole number from 0 (any free port) to 65,535.")]
    [InlineData("--LIMITER_ENGINE=disk", "LIMITER_ENGINE is 'disk': it must be one of memory, orleans, redis.")]
    [InlineData("--Limiter:TrustedProxies:0=x",
        "Limiter:TrustedProxies:0 is 'x': it must be an IP address, or a network as in 10.0.0.0/24 with no bit set beyond its length, "
        + "which must be at least 1.")]
    [InlineData("--Limiter:Policies:browse-ip:Limit=0",
        "Limiter:Policies:browse-ip:Limit is '0': it must be a whole number from 1 to 1,000,000,000 permits.")]
    [InlineData("--Limiter:Policies:browse-ip:Key=mail",
        "Limiter:Policies:browse-ip:Key is 'mail': it must be one or more of ip, user, tenant, claim:<type>, header:<name> and "
            + "route:<name>, each at most once, joined by +.")]
    [InlineData("--Limiter:FrontEnds=2",
        "Limiter:FrontEnds is 2: it must be 1 with the memory engine, because each front end would have a queue of its own.")]
    public void A_bad_value_ends_the_process_with_1_and_one_line(string argument, string line)
    {
        var written = FailedStart(argument, "--environment=Production");

        Assert.Equal($"The service does not start, because its settings are wrong:\n{line}\n", written);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_one_start_whoever_reads_it()
    {
        var written = FailedStart(
            "--PORT=x", "--DRAIN_SECONDS=99", "--LOG_FORMAT=xml", "--Valve:Checkout=0", "--Clusters:CoHosted=true",
            "--LIMITER_ENGINE=orleans", "--REDIS_HOST=a b", "--GATEWAY_PORT=0", "--Cluster:CoHostd=true",
            "--Limiter:MaxKeys=many", "--Limiter:Polices:x:Limit=1",
            "--Limiter:TrustedProxies:0=x", "--Limiter:Policies:browse-ip:Key=mail",
            "--LOGIN_RATE_LIMIT_MAX_REQUESTS=0", "--Tenants:acme:Teir=pro", "--environment=Production");

        string[] settings =
        [
            "PORT", "REDIS_HOST", "DRAIN_SECONDS", "Valve:Checkout", "LOG_FORMAT", "Clusters",
            "Limiter:MaxKeys", "Limiter:Polices", "Tenants:acme:Teir", "LOGIN_RATE_LIMIT_MAX_REQUESTS", "Tenants:acme:KeySha256",
            "Limiter:TrustedProxies:0", "Limiter:Policies:browse-ip:Key",
            "GATEWAY_PORT", "Cluster:CoHostd",
        ];
        Assert.Equal(settings, written.TrimEnd().Split('\n').Skip(1).Select(line => line.Split(" is ")[0]));
    }

    [Fact]
    public void An_entry_that_a_file_and_the_command_line_give_differently_is_told_with_the_names_of_both()
    {
        var folder = Directory.CreateTempSubdirectory("settings").FullName;
        File.WriteAllText(Path.Combine(folder, "appsettings.json"), """{ "Operators": [{ "Name": "ann" }] }""");

        var written = FailedStart(
            $"--contentRoot={folder}", "--Operators:0:Name=bob", $"--Operators:0:KeySha256={new string('a', 64)}",
                "--environment=Production");

        Directory.Delete(folder, recursive: true);
        Assert.Equal(
            "Operators:0:Name is one thing in the command line and another in appsettings.json: it must be given in one layer only",
            written.Split('\n')[1].Split(": lists")[0]);
    }

    [Fact]
    public void A_file_of_settings_that_is_broken_ends_the_process_with_1_and_the_place()
    {
        var folder = Directory.CreateTempSubdirectory("settings").FullName;
        File.WriteAllText(Path.Combine(folder, "appsettings.json"), "{ \"PORT\": }");

        var written = FailedStart($"--contentRoot={folder}", "--environment=Production");

        Directory.Delete(folder, recursive: true);
        Assert.Equal(
            $"The service does not start, because its settings cannot be read:\nFailed to load configuration from file "
                + $"'{folder}/appsettings.json'. It is no JSON: see line 1, byte 11.\n",
            written);
    }

    [Fact]
    public void A_port_that_is_taken_ends_the_process_with_1_and_the_names_of_the_variables()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var operations = $"127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";

        var written = FailedStart("--PORT=0", $"--OPERATIONS_PORT={operations}", "--environment=Production");

        Assert.StartsWith(
            $"The service does not start, because it cannot listen:\nPORT is 0 and OPERATIONS_PORT is {operations}: both must be free, on "
            + $"an address of this machine. ", written, StringComparison.Ordinal);
    }

    [Fact]
    public void A_database_that_cannot_be_reached_ends_the_process_with_1_and_no_password()
    {
        var written = FailedStart(
            "--PORT=0", "--OPERATIONS_PORT=0", "--DATABASE_URL=postgres://me:secret@127.0.0.1:1/tickets", "--environment=Production");

        Assert.StartsWith(
            "The service does not start, because its settings are wrong:\nDATABASE_URL is 'postgres://me:***@127.0.0.1:1/tickets': it must "
            + "be a database that can be opened, and this one cannot (", written, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", written, StringComparison.Ordinal);
    }

    private static string FailedStart(params string[] arguments)
    {
        using var own = TestDatabase.CreateSqlite();
        string[] database = arguments.Any(argument => argument.StartsWith("--DATABASE_URL=", StringComparison.Ordinal))
            ? []
            : [$"--DATABASE_URL={own.Url}"];
        var written = new StringWriter();
        var before = Console.Error;
        Console.SetError(written);
        try
        {
            Assert.Equal(1, typeof(Program).Assembly.EntryPoint!.Invoke(
                null, BindingFlags.DoNotWrapExceptions, null, [(string[])[$"--JWT_SECRET={Configured.Secret}", .. database, .. arguments]],
                null));
        }
        finally
        {
            Console.SetError(before);
        }

        return written.ToString();
    }
}
