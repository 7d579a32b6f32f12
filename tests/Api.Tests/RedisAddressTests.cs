using Microsoft.Extensions.Configuration;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Api.Tests;

public sealed class RedisAddressTests
{
    [Theory]
    [InlineData("redis://cache", "cache:6379,defaultDatabase=0,abortConnect=false,connectTimeout=1000,asyncTimeout=1000")]
    [InlineData("redis://10.0.0.7:6380/3", "10.0.0.7:6380,defaultDatabase=3,abortConnect=false,connectTimeout=1000,asyncTimeout=1000")]
    [InlineData("redis://[::1]:6380", "[::1]:6380,defaultDatabase=0,abortConnect=false,connectTimeout=1000,asyncTimeout=1000")]
    [InlineData("redis://:p%40ss@cache",
        "cache:6379,defaultDatabase=0,abortConnect=false,connectTimeout=1000,asyncTimeout=1000,password=p@ss")]
    [InlineData("rediss://limiter:pass@cache/",
        "cache:6379,defaultDatabase=0,abortConnect=false,connectTimeout=1000,asyncTimeout=1000,ssl=true,user=limiter,password=pass")]
    [InlineData("redis://default:pass@cache",
        "cache:6379,defaultDatabase=0,abortConnect=false,connectTimeout=1000,asyncTimeout=1000,password=pass")]
    public void An_url_says_all_there_is_to_say(string url, string expected) =>
        Assert.Equal(expected, Read([], ("REDIS_URL", url))!.ToConfigurationText());

    [Fact]
    public void Host_and_port_have_defaults()
    {
        Assert.Equal("cache:6379/0", Read([], ("REDIS_HOST", "cache"))!.ToString());
        Assert.Equal("localhost:6380/0", Read([], ("REDIS_PORT", "6380"))!.ToString());
        Assert.Equal("cache:6380/0", Read([], ("REDIS_HOST", "cache"), ("REDIS_PORT", "6380"))!.ToString());
        Assert.Null(Read([]));
    }

    [Fact]
    public void Outside_Development_a_port_alone_means_no_host()
    {
        List<string> messages = [];
        Assert.Null(Read(messages, hasDefaultHost: false, ("REDIS_PORT", "6380")));
        Assert.Equal([
            "REDIS_HOST is not set: it must name the host of the Redis whose port is 6380 outside Development (or REDIS_URL must say all "
            + "of it)."], messages);
        Assert.Equal("cache:6380/0", Read([], hasDefaultHost: false, ("REDIS_HOST", "cache"), ("REDIS_PORT", "6380"))!.ToString());
        Assert.Equal("cache:6380/0", Read(
            [], hasDefaultHost: false, ("REDIS_URL", "redis://cache:6380"), ("REDIS_PORT", "6380"))!.ToString());
        Assert.Null(Read([], hasDefaultHost: false, ("REDIS_PORT", "tcp://10.0.0.11:6379")));
    }

    [Fact]
    public void A_port_that_is_a_service_link_of_Kubernetes_is_none()
    {
        Assert.Null(Read([], ("REDIS_PORT", "tcp://10.0.0.11:6379")));
        Assert.Equal("cache:6379/0", Read([], ("REDIS_HOST", "cache"), ("REDIS_PORT", "tcp://10.0.0.11:6380"))!.ToString());
        Assert.Equal("cache:6380/0", Read([], ("REDIS_URL", "redis://cache:6380"), ("REDIS_PORT", "tcp://10.0.0.11:6379"))!.ToString());
        Assert.Equal("[fd00::7]:6379/0", Read([], ("REDIS_HOST", "fd00::7"))!.ToString());
    }

    [Fact]
    public void What_agrees_with_the_url_may_be_set_beside_it() =>
        Assert.Equal("cache:6380/1", Read(
            [], ("REDIS_URL", "redis://cache:6380/1"), ("REDIS_HOST", "CACHE"), ("REDIS_PORT", "6380"))!.ToString());

    [Theory]
    [InlineData("http://cache")]
    [InlineData("cache:6379")]
    [InlineData("redis://")]
    [InlineData("redis://cache/x")]
    [InlineData("redis://cache/-1")]
    [InlineData("redis://cache:0")]
    [InlineData("redis://cache?password=secret")]
    [InlineData("redis://:secret,allowAdmin%3Dtrue@cache")]
    public void A_wrong_url_is_refused_and_not_shown(string url)
    {
        List<string> messages = [];
        Assert.Null(Read(messages, ("REDIS_URL", url)));
        Assert.Equal([
            "REDIS_URL is not such an address: it must be redis://[[user]:password@]host[:port][/database], or rediss:// for TLS."],
            messages);
    }

    [Fact]
    public void What_disagrees_with_the_url_is_refused()
    {
        List<string> messages = [];
        Read(messages, ("REDIS_URL", "redis://:secret@cache:6380"), ("REDIS_HOST", "other"), ("REDIS_PORT", "6379"));
        Assert.Equal(
            [
                "REDIS_HOST is 'other': it must be the host of REDIS_URL, which is 'cache', or not be set.",
                "REDIS_PORT is '6379': it must be the port of REDIS_URL, which is 6380, or not be set.",
            ],
            messages);
    }

    [Theory]
    [InlineData("REDIS_HOST", "a b", "REDIS_HOST is 'a b': it must be a host name or an IP address.")]
    [InlineData("REDIS_PORT", "0", "REDIS_PORT is '0': it must be a whole number from 1 to 65,535.")]
    public void A_wrong_part_is_refused(string variable, string value, string message)
    {
        List<string> messages = [];
        Read(messages, (variable, value));
        Assert.Equal([message], messages);
    }

    private static RedisAddress? Read(List<string> messages, params (string Name, string Value)[] variables) =>
        Read(messages, hasDefaultHost: true, variables);

    private static RedisAddress? Read(List<string> messages, bool hasDefaultHost, params (string Name, string Value)[] variables)
    {
        var errors = new List<InvalidValue>();
        var address = RedisAddress.Read(
            new ConfigurationBuilder().AddInMemoryCollection(
                variables.Select(variable => KeyValuePair.Create(variable.Name, (string?)variable.Value))).Build(),
            hasDefaultHost,
            errors);
        messages.AddRange(errors.Select(error => error.ToString()));
        return address;
    }
}
