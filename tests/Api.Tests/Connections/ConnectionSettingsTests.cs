using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Connections;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests.Connections;

/// <summary>How many connections there may be, from how many descriptors there are.</summary>
public sealed class ConnectionSettingsTests
{
    private const int ForDatabase = 40;

    [Theory]
    [InlineData(1_200, 560)] // less 600 for the service and 40 for the database
    [InlineData(20_000, 19_360)]
    [InlineData(1_048_576, 20_000)]
    [InlineData(656, 16)]
    [InlineData(null, 10_000)]
    public void The_default_stays_below_the_descriptor_limit(int? descriptors, int expected) =>
        Assert.Equal(expected, Read(descriptors).Settings.Max);

    [Theory]
    [InlineData(1_200, "560", 560)]
    [InlineData(1_048_576, "1000000", 1_000_000)]
    [InlineData(null, "50000", 50_000)]
    [InlineData(1_200, "16", 16)]
    public void A_setting_that_the_limit_leaves_room_for_wins(int? descriptors, string value, int expected)
    {
        var (settings, errors) = Read(descriptors, ("Connections:MaxConnections", value));
        Assert.Empty(errors);
        Assert.Equal(expected, settings.Max);
    }

    [Theory]
    [InlineData(1_200, "Connections:MaxConnections", "561",
        "Connections:MaxConnections is '561': it must be a whole number from 16 to 560 connections, because the process may have 1,200 "
        + "descriptors (ulimit -n) and needs 640 for itself.")]
    [InlineData(null, "Connections:MaxConnections", "15",
        "Connections:MaxConnections is '15': it must be a whole number from 16 to 1,000,000 connections.")]
    [InlineData(1_200, "Connections:IdleSeconds", "4",
        "Connections:IdleSeconds is '4': it must be a whole number from 5 to 3,600 seconds.")]
    [InlineData(1_200, "Connections:HeaderSeconds", "121",
        "Connections:HeaderSeconds is '121': it must be a whole number from 1 to 120 seconds.")]
    [InlineData(1_200, "Connections:MinBodyBytesPerSecond", "0",
        "Connections:MinBodyBytesPerSecond is '0': it must be a whole number from 1 to 1,000,000 bytes.")]
    [InlineData(1_200, "Connections:MaxConnection", "9",
        "Connections:MaxConnection is set: it is no setting; the nearest is Connections:MaxConnections.")]
    public void A_bad_value_is_refused_with_the_rule(int? descriptors, string name, string value, string message) =>
        Assert.Equal(message, Assert.Single(Read(descriptors, (name, value)).Errors).ToString());

    [Theory]
    [InlineData("Max open files            1200                 4096                 files     ", 1_200)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             1200                 4096                 processes ", null)]
    public void The_soft_limit_is_read_where_the_system_says_it(string line, int? expected) =>
        Assert.Equal(expected, DescriptorLimit.Parse(
            ["Limit                     Soft Limit           Hard Limit           Units     ", line]));

    [Fact]
    public void This_process_has_a_limit() => Assert.True(DescriptorLimit.Read() > 0);

    [Fact]
    public void Too_few_descriptors_for_the_service_itself_stop_the_start() =>
        Assert.Equal("ulimit -n is 655: it must be at least 656 descriptors, of which the service needs 640 for itself.",
            Assert.Single(Read(655).Errors).ToString());

    private static (ConnectionSettings Settings, List<InvalidValue> Errors) Read(
        int? descriptors, params (string Name, string Value)[] variables)
    {
        var errors = new List<InvalidValue>();
        return (ConnectionSettings.Read(Configured.With(variables), descriptors, ForDatabase, errors), errors);
    }
}
