using System.Net;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Silo.Tests.Settings;

public sealed class AdvertisedAddressTests
{
    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("127.0.0.1")]
    [InlineData("fd00::7")]
    public void An_address_is_taken_as_it_is(string text) => Assert.Equal(IPAddress.Parse(text), Read(text, out _));

    [Fact]
    public void A_host_name_of_one_address_stands_for_it() => Assert.Equal(IPAddress.Loopback, Read("localhost", out _));

    [Fact]
    public void Not_set_in_Development_is_loopback()
    {
        Assert.Equal(IPAddress.Loopback, Read("", out var errors, isDevelopment: true));
        Assert.Empty(errors);
    }

    [Fact]
    public void Not_set_is_this_machines_only_address_or_an_error_that_lists_the_choices()
    {
        var address = Read("", out var errors);

        if (errors.Count == 0)
            Assert.False(IPAddress.IsLoopback(address));
        else
            Assert.Matches(
                @"^ADVERTISED_ADDRESS is not set: it must be set to exactly one IPv4 address, or none and exactly one IPv6 address; "
                + @"there are (0|[2-9]|\d\d+)(: [0-9a-f:., ]+)?\.$", errors.Single());
    }

    [Fact]
    public void A_network_stands_for_this_machines_one_address_in_it()
    {
        // What this machine has is not known here, but its only address is: of a network of one, and of all.
        var only = Read("", out var errors);
        Assert.SkipWhen(errors.Count > 0, "This machine has not exactly one address.");

        Assert.Equal(only, Read($"{only}/{only.GetAddressBytes().Length * 8}", out errors));
        Assert.Equal(only, Read("0.0.0.0/0", out errors));
        Assert.Empty(errors);
    }

    [Fact]
    public void A_network_of_which_this_machine_has_no_address_is_an_error()
    {
        // Reserved: no machine has an address of it.
        Read("240.0.0.0/8", out var errors);

        Assert.Equal([
            "ADVERTISED_ADDRESS is '240.0.0.0/8': it must be a network in which this machine has exactly one IPv4 address, or none and "
            + "exactly one IPv6 address; there are 0."], errors);
    }

    [Theory]
    [InlineData("", new[] { "fd00::7" }, "fd00::7")]
    [InlineData("", new[] { "10.1.2.3", "fd00::7" }, "10.1.2.3")]
    [InlineData("fd00::/64", new[] { "10.1.2.3", "fd00::7", "fd01::7" }, "fd00::7")]
    [InlineData("10.1.0.0/16", new[] { "10.1.2.3", "10.2.2.3", "fd00::7" }, "10.1.2.3")]
    [InlineData("silo.test", new[] { "fd00::7" }, "fd00::7")]
    [InlineData("silo.test", new[] { "fd00::7", "10.1.2.3" }, "10.1.2.3")]
    public void On_a_network_of_IPv6_alone_its_address_is_found_and_beside_IPv4_that_is_taken(
        string text, string[] addresses, string expected)
    {
        var errors = new List<InvalidValue>();

        var address = AdvertisedAddress.Read(
            text, false, errors, Addresses, name => name == "silo.test" ? Addresses() : throw new System.Net.Sockets.SocketException());

        Assert.Empty(errors);
        Assert.Equal(IPAddress.Parse(expected), address);

        IPAddress[] Addresses() => [.. addresses.Select(IPAddress.Parse)];
    }

    [Fact]
    public void Of_several_addresses_of_IPv6_one_must_be_chosen()
    {
        var errors = new List<InvalidValue>();

        AdvertisedAddress.Read("", false, errors, () => [IPAddress.Parse("fd00::7"), IPAddress.Parse("fd01::7")], _ => []);

        Assert.Equal(
            "ADVERTISED_ADDRESS is not set: it must be set to exactly one IPv4 address, or none and exactly one IPv6 address; there are 2: "
                + "fd00::7, fd01::7.",
            errors.Single().ToString());
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("255.255.255.255")]
    public void An_address_that_nobody_can_reach_is_an_error(string text)
    {
        Read(text, out var errors);

        Assert.Equal(
            [$"ADVERTISED_ADDRESS is '{text}': it must be an address that others can reach, not that of every interface."], errors);
    }

    [Theory]
    [InlineData("30000")]
    [InlineData("10.1")]
    [InlineData("010.1.2.3")]
    public void What_only_the_framework_takes_for_an_address_is_an_error(string text)
    {
        Read(text, out var errors);

        Assert.Equal([$"ADVERTISED_ADDRESS is '{text}': it must be an IPv4 address written in full, as in 172.30.0.7."], errors);
    }

    [Theory]
    [InlineData("no-such-host.invalid")]
    [InlineData("10.1.2.0/33")]
    [InlineData("two words")]
    public void What_is_no_address_and_no_known_name_is_an_error(string text)
    {
        Read(text, out var errors);

        Assert.Equal([
            $"ADVERTISED_ADDRESS is '{text}': it must be an IP address, a host name that can be resolved, or a network as in "
            + $"172.30.0.0/24."], errors);
    }

    private static IPAddress Read(string text, out List<string> messages, bool isDevelopment = false)
    {
        var errors = new List<InvalidValue>();
        var address = AdvertisedAddress.Read(Variables.Of(("ADVERTISED_ADDRESS", text)), isDevelopment, errors);
        messages = [.. errors.Select(error => error.ToString())];
        return address;
    }
}
