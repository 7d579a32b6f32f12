using System.Net;
using OrleansLimiter.Api.Settings;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

public sealed class SettingsTests
{
    [Fact]
    public void Nothing_set_is_port_4000_the_memory_engine_and_operators_on_loopback()
    {
        var production = Load(isDevelopment: false);
        Assert.Equal((4000, "memory", "nothing else is set"), (production.Port, production.Engine, production.EngineReason));
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 4090), production.Operations);
        Assert.Null(Load(isDevelopment: true).Operations);
    }

    [Fact]
    public void Service_links_of_Kubernetes_set_nothing()
    {
        var settings = Load(
            false, ("PORT", "tcp://10.0.0.1:80"), ("OPERATIONS_PORT", "TCP://10.0.0.2:80"), ("REDIS_PORT", "udp://10.0.0.3:6379"),
                ("SILO_PORT", "tcp://10.0.0.4:1"),
            ("GATEWAY_PORT", "tcp://10.0.0.5:1"));

        Assert.Equal((4000, "memory", "nothing else is set"), (settings.Port, settings.Engine, settings.EngineReason));
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 4090), settings.Operations);
    }

    [Fact]
    public void Development_whose_keys_everybody_knows_listens_on_this_machine_only()
    {
        Assert.True(Load(isDevelopment: true).IsLocalOnly);
        Assert.False(Load(isDevelopment: false).IsLocalOnly);
    }

    [Theory]
    [InlineData("4100", "127.0.0.1:4100")]
    [InlineData("0.0.0.0:4100", "0.0.0.0:4100")]
    [InlineData("[::]:4100", "[::]:4100")]
    [InlineData("0", "127.0.0.1:0")]
    public void Operators_are_served_where_OPERATIONS_PORT_says_in_every_environment(string value, string endPoint)
    {
        Assert.Equal(IPEndPoint.Parse(endPoint), Load(false, ("OPERATIONS_PORT", value)).Operations);
        Assert.Equal(IPEndPoint.Parse(endPoint), Load(true, ("OPERATIONS_PORT", value)).Operations);
    }

    [Theory]
    [InlineData("PORT", "x", "PORT is 'x': it must be a whole number from 0 (any free port) to 65,535.")]
    [InlineData("PORT", "65536", "PORT is '65536': it must be a whole number from 0 (any free port) to 65,535.")]
    [InlineData("PORT", "-1", "PORT is '-1': it must be a whole number from 0 (any free port) to 65,535.")]
    [InlineData("PORT", " 4000", "PORT is ' 4000': it must be a whole number from 0 (any free port) to 65,535.")]
    [InlineData("OPERATIONS_PORT", "everywhere:1",
        "OPERATIONS_PORT is 'everywhere:1': it must be a whole number from 0 (any free port) to 65,535, alone (loopback) or after an "
        + "address, as in 0.0.0.0:4090.")]
    [InlineData("OPERATIONS_PORT", "::1",
        "OPERATIONS_PORT is '::1': it must be a whole number from 0 (any free port) to 65,535, alone (loopback) or after an address, as in "
        + "0.0.0.0:4090.")]
    [InlineData("OPERATIONS_PORT", "4000",
        "OPERATIONS_PORT is 4000: it must be another port than PORT, so that operators' routes can be kept from the public.")]
    [InlineData("LIMITER_ENGINE", "disk", "LIMITER_ENGINE is 'disk': it must be one of memory, orleans, redis.")]
    [InlineData("DRAIN_SECONDS", "21", "DRAIN_SECONDS is '21': it must be a whole number from 0 to 20.")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:secret@exa mple",
        "OTEL_EXPORTER_OTLP_ENDPOINT is not such an address: it must be an absolute http or https URL.")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "bogus",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is 'bogus': it must be grpc or http/protobuf.")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "secret",
        "OTEL_EXPORTER_OTLP_HEADERS is not such a list: it must be name=value pairs, separated by commas.")]
    [InlineData("REDIS_URL", "redis://:secret@",
        "REDIS_URL is not such an address: it must be redis://[[user]:password@]host[:port][/database], or rediss:// for TLS.")]
    [InlineData("LOG_FORMAT", "xml", "LOG_FORMAT is 'xml': it must be text or json.")]
    public void A_bad_value_stops_the_start_with_variable_value_and_rule(string variable, string value, string message)
    {
        var wrong = Assert.Throws<LimiterConfigurationException>(() => Load(false, (variable, value)));
        Assert.Equal(message, wrong.Failures.First());
    }

    [Fact]
    public void The_cluster_is_chosen_by_its_name_in_any_case()
    {
        var settings = Load(false, ("LIMITER_ENGINE", "Orleans"));
        Assert.Equal(("orleans", "LIMITER_ENGINE says so"), (settings.Engine, settings.EngineReason));
    }

    [Fact]
    public void Requests_are_served_for_two_seconds_after_readiness_has_gone_but_not_in_development()
    {
        Assert.Equal(TimeSpan.FromSeconds(2), Load(false).Drain);
        Assert.Equal(TimeSpan.Zero, Load(true).Drain);
        Assert.Equal(TimeSpan.FromSeconds(5), Load(true, ("DRAIN_SECONDS", "5")).Drain);
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var wrong = Assert.Throws<LimiterConfigurationException>(
            () => Load(false, ("PORT", "x"), ("OPERATIONS_PORT", "y"), ("LIMITER_ENGINE", "z")));
        Assert.Equal(["PORT", "OPERATIONS_PORT", "LIMITER_ENGINE"], wrong.Failures.Select(failure => failure.Split(' ')[0]));
    }

    [Fact]
    public void Whoever_names_a_Redis_has_it_decide() =>
        Assert.Equal(("redis", "REDIS_HOST is set"),
            (Load(false, ("REDIS_HOST", "cache")).Engine, Load(false, ("REDIS_HOST", "cache")).EngineReason));

    [Fact]
    public void The_engine_that_was_chosen_wins_over_what_would_choose_another() =>
        Assert.Equal("memory", Load(false, ("LIMITER_ENGINE", "memory"), ("REDIS_URL", "redis://x")).Engine);

    [Theory]
    [InlineData("shop.example.com:80")]
    [InlineData("a b")]
    [InlineData(";")]
    [InlineData("http://shop.example.com")]
    public void A_bad_list_of_hosts_stops_the_start(string value)
    {
        var wrong = Assert.Throws<LimiterConfigurationException>(() => Load(false, ("AllowedHosts", value)));
        Assert.Equal(
            $"AllowedHosts is '{value}': it must be host names without ports, separated by semicolons, as in "
            + $"shop.example.com;*.example.org;[::1], or *.", wrong.Message);
    }

    private static ServiceSettings Load(bool isDevelopment, params (string Name, string Value)[] variables) =>
        Configured.Service(isDevelopment, [("JWT_SECRET", Configured.Secret), .. variables]);
}
