using System.Net;
using Xunit;

namespace OrleansLimiter.Silo.Tests.Settings;

public sealed class ClusterSettingsTests
{
    private const string PortRule = "it must be a whole number from 1 to 65,535.";
    private const string NameRule = "it must be 1 to 64 letters, digits, '-', '_' or '.'.";
    private const string ProbeRule = "it must be 100 ms to 30 s, as in 500ms or 00:00:00.5.";
    private const string IntervalRule = "it must be 1 ms to 1 h, as in 10s or 00:00:10.";

    [Fact]
    public void Nothing_set_in_Development_is_a_cluster_of_one_on_this_machine()
    {
        var settings = Load(isDevelopment: true);

        Assert.Null(settings.Redis);
        Assert.Null(settings.Client.Redis);
        Assert.Equal(("limiter", "orleanslimiter"), (settings.Client.ClusterId, settings.Client.ServiceId));
        Assert.Equal((11_111, 30_000), (settings.SiloPort, settings.Client.LocalGatewayPort));
        Assert.Equal(IPAddress.Loopback, settings.Address);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 4090), settings.Operations);
        Assert.False(settings.IsCoHosted);
        Assert.Equal(1_000_000, settings.MaxActiveKeys);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.SnapshotInterval);
        Assert.Equal(TimeSpan.FromMilliseconds(500), settings.ProbeTimeout);
    }

    [Fact]
    public void Everything_can_be_set()
    {
        var settings = Load(
            isDevelopment: false,
            ("REDIS_URL", "redis://:secret@cache:6380/2"), ("CLUSTER_ID", "blue"), ("SERVICE_ID", "Shop_1.limits"), ("SILO_PORT", "1"),
                ("GATEWAY_PORT", "65535"),
            ("ADVERTISED_ADDRESS", "10.1.2.3"), ("OPERATIONS_PORT", "0.0.0.0:4100"), ("Cluster:CoHosted", "TRUE"),
                ("Cluster:MaxActiveKeys", "5"), ("Cluster:MaxActiveKeysPerTenant", "4"), ("Cluster:MaxActiveOwnKeys", "3"),
            ("Cluster:SnapshotInterval", "00:30:00"), ("Cluster:ProbeTimeout", "2s"));

        Assert.Equal("cache:6380/2", settings.Redis?.ToString());
        Assert.Equal(("blue", "Shop_1.limits"), (settings.Client.ClusterId, settings.Client.ServiceId));
        Assert.Equal((1, 65_535), (settings.SiloPort, settings.Client.LocalGatewayPort));
        Assert.Equal(IPAddress.Parse("10.1.2.3"), settings.Address);
        Assert.Equal(IPEndPoint.Parse("0.0.0.0:4100"), settings.Operations);
        Assert.True(settings.IsCoHosted);
        Assert.Equal((5, 4L, 3L), (settings.MaxActiveKeys, settings.MaxActiveKeysPerTenant, settings.MaxActiveOwnKeys));
        Assert.Equal(TimeSpan.FromMinutes(30), settings.SnapshotInterval);
        Assert.Equal(TimeSpan.FromSeconds(2), settings.ProbeTimeout);
    }

    [Fact]
    public void Ports_that_are_service_links_of_Kubernetes_are_not_set()
    {
        var settings = Load(isDevelopment: true, ("REDIS_PORT", "tcp://10.0.0.1:6379"), ("SILO_PORT", "tcp://10.0.0.2:11111"),
            ("GATEWAY_PORT", "tcp://10.0.0.2:30000"));

        Assert.Null(settings.Redis);
        Assert.Equal((11_111, 30_000), (settings.SiloPort, settings.Client.LocalGatewayPort));
    }

    [Fact]
    public void A_client_of_the_cluster_looks_for_it_where_the_silos_meet()
    {
        var client = Load(true, ("REDIS_PORT", "6380"), ("CLUSTER_ID", "blue"), ("SERVICE_ID", "shop"), ("GATEWAY_PORT", "30100")).Client;

        Assert.Equal("localhost:6380,defaultDatabase=0,abortConnect=false,connectTimeout=1000,asyncTimeout=1000", client.Redis);
        Assert.Equal(("blue", "shop", 30_100), (client.ClusterId, client.ServiceId, client.LocalGatewayPort));
    }

    [Fact]
    public void A_client_of_the_cluster_needs_no_address_that_others_reach_unless_it_is_a_silo_too()
    {
        var client = ((string Name, string Value)[])[("REDIS_HOST", "cache"), ("ADVERTISED_ADDRESS", "0.0.0.0")];

        Assert.Equal(IPAddress.Loopback, ClusterSettings.Load(Variables.Of(client), isDevelopment: false).Address);
        Assert.Throws<LimiterConfigurationException>(
            () => ClusterSettings.Load(Variables.Of([.. client, ("Cluster:CoHosted", "true")]), isDevelopment: false));
    }

    [Fact]
    public void An_empty_variable_is_not_set()
    {
        var set = ((string Name, string Value)[])
        [
            ("REDIS_URL", ""), ("CLUSTER_ID", ""), ("SERVICE_ID", ""), ("SILO_PORT", ""), ("GATEWAY_PORT", ""), ("ADVERTISED_ADDRESS", ""),
                ("OPERATIONS_PORT", ""),
            ("Cluster:CoHosted", ""), ("Cluster:MaxActiveKeys", ""), ("Cluster:SnapshotInterval", ""), ("Cluster:ProbeTimeout", ""),
        ];

        var (without, withEmpty) = (Load(isDevelopment: true), Load(isDevelopment: true, set));
        Assert.Equivalent(without.Client, withEmpty.Client, strict: true);
        Assert.Equal(without, withEmpty with { Client = without.Client });
    }

    [Theory]
    [InlineData("SILO_PORT", "0", $"SILO_PORT is '0': {PortRule}")]
    [InlineData("SILO_PORT", "65536", $"SILO_PORT is '65536': {PortRule}")]
    [InlineData("SILO_PORT", "x", $"SILO_PORT is 'x': {PortRule}")]
    [InlineData("GATEWAY_PORT", "-1", $"GATEWAY_PORT is '-1': {PortRule}")]
    [InlineData("GATEWAY_PORT", "11111", "GATEWAY_PORT is 11111: it must be another port than SILO_PORT.")]
    [InlineData("SILO_PORT", "30000", "GATEWAY_PORT is 30000: it must be another port than SILO_PORT.")]
    [InlineData("CLUSTER_ID", "two words", $"CLUSTER_ID is 'two words': {NameRule}")]
    [InlineData("SERVICE_ID", "a/b", $"SERVICE_ID is 'a/b': {NameRule}")]
    [InlineData("SERVICE_ID", "größe", $"SERVICE_ID is 'größe': {NameRule}")]
    [InlineData("OPERATIONS_PORT", "x",
        "OPERATIONS_PORT is 'x': it must be a whole number from 0 (any free port) to 65,535, alone (loopback) or after an address, as in "
        + "0.0.0.0:4090.")]
    [InlineData("REDIS_URL", "http://:secret@cache",
        "REDIS_URL is not such an address: it must be redis://[[user]:password@]host[:port][/database], or rediss:// for TLS.")]
    [InlineData("Cluster:CoHosted", "yes", "Cluster:CoHosted is 'yes': it must be true or false.")]
    [InlineData("Cluster:MaxActiveKeys", "0", "Cluster:MaxActiveKeys is '0': it must be a whole number from 1 to 100,000,000.")]
    [InlineData("Cluster:MaxActiveKeysPerTenant", "0",
        "Cluster:MaxActiveKeysPerTenant is '0': it must be a whole number from 1 to 100,000,000.")]
    [InlineData("Cluster:MaxActiveKeysPerTenant", "1000001",
        "Cluster:MaxActiveKeysPerTenant is 1000001: it must be at most Cluster:MaxActiveKeys, which is 1000000.")]
    [InlineData("Cluster:MaxActiveOwnKeys", "-1", "Cluster:MaxActiveOwnKeys is '-1': it must be a whole number from 1 to 100,000,000.")]
    [InlineData("Cluster:MaxActiveKeys", "1e6", "Cluster:MaxActiveKeys is '1e6': it must be a whole number from 1 to 100,000,000.")]
    [InlineData("Cluster:SnapshotInterval", "0", $"Cluster:SnapshotInterval is '0': {IntervalRule}")]
    [InlineData("Cluster:SnapshotInterval", "61m", $"Cluster:SnapshotInterval is '61m': {IntervalRule}")]
    [InlineData("Cluster:SnapshotInterval", "-00:00:10", $"Cluster:SnapshotInterval is '-00:00:10': {IntervalRule}")]
    [InlineData("Cluster:SnapshotInterval", "10", $"Cluster:SnapshotInterval is '10': {IntervalRule}")]
    [InlineData("Cluster:SnapshotInterval", "24:00:00",
        "Cluster:SnapshotInterval is '24:00:00': it must be 1 ms to 1 h, as in 10s or 00:00:10; for 24 hours write 24h, for as many days "
        + "24d.")]
    [InlineData("LOG_FORMAT", "xml", "LOG_FORMAT is 'xml': it must be text or json.")]
    [InlineData("Clusters:CoHosted", "true", "Clusters is set: it is no setting; the nearest is Cluster.")]
    [InlineData("Cluster:SnapshotInterval", "soon", $"Cluster:SnapshotInterval is 'soon': {IntervalRule}")]
    [InlineData("Cluster:ProbeTimeout", "99ms", $"Cluster:ProbeTimeout is '99ms': {ProbeRule}")]
    [InlineData("Cluster:ProbeTimeout", "31s", $"Cluster:ProbeTimeout is '31s': {ProbeRule}")]
    [InlineData("Cluster:ProbeTimeout", "x", $"Cluster:ProbeTimeout is 'x': {ProbeRule}")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "bogus", "OTEL_EXPORTER_OTLP_PROTOCOL is 'bogus': it must be grpc or http/protobuf.")]
    public void A_bad_value_stops_the_start_with_variable_value_and_rule(string variable, string value, string message) =>
        Assert.Equal([message], Errors(isDevelopment: true, (variable, value)));

    [Fact]
    public void A_name_may_have_64_characters_and_no_more()
    {
        var longest = new string('a', 64);

        Assert.Equal(longest, Load(true, ("CLUSTER_ID", longest)).Client.ClusterId);
        Assert.Equal([$"CLUSTER_ID is '{longest}a': {NameRule}"], Errors(true, ("CLUSTER_ID", longest + "a")));
    }

    [Fact]
    public void A_setting_that_nobody_reads_is_an_error() => Assert.Equal(
        ["Cluster:SnapshotIntervall is set: it is no setting; the nearest is Cluster:SnapshotInterval."],
        Errors(true, ("Cluster:SnapshotIntervall", "5s"), ("cluster:cohosted", "true")));

    [Fact]
    public void A_cluster_outside_Development_needs_a_Redis_that_is_named() => Assert.Equal(
        ["REDIS_URL is not set: it must name the Redis of the cluster outside Development (or REDIS_HOST and REDIS_PORT must)."],
        Errors(isDevelopment: false, ("ADVERTISED_ADDRESS", "10.1.2.3")));

    [Fact]
    public void A_Redis_that_is_named_wrongly_is_not_called_missing() => Assert.Equal(
        ["REDIS_HOST is 'a b': it must be a host name or an IP address."],
        Errors(isDevelopment: false, ("REDIS_HOST", "a b"), ("ADVERTISED_ADDRESS", "10.1.2.3")));

    [Fact]
    public void All_that_is_wrong_is_said_at_once() => Assert.Equal(
        ["CLUSTER_ID", "GATEWAY_PORT", "ADVERTISED_ADDRESS", "Cluster:MaxActiveKeys"],
        Assert.Throws<LimiterConfigurationException>(() => Load(
            true, ("GATEWAY_PORT", "x"), ("CLUSTER_ID", "?"), ("ADVERTISED_ADDRESS", "0.0.0.0"),
                ("Cluster:MaxActiveKeys", "x"))).Failures.Select(failure => failure.Split(' ')[0]));

    private static ClusterSettings Load(bool isDevelopment, params (string Name, string Value)[] variables) =>
        ClusterSettings.Load(Variables.Of(variables), isDevelopment, isSilo: true);

    private static IEnumerable<string> Errors(bool isDevelopment, params (string Name, string Value)[] variables) =>
        Assert.Throws<LimiterConfigurationException>(() => Load(isDevelopment, variables)).Failures;
}
