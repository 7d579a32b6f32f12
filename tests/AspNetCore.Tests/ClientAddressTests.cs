using System.Net;
using OrleansLimiter.AspNetCore.Addresses;
using Xunit;


namespace OrleansLimiter.AspNetCore.Tests;

public sealed class ClientAddressTests
{
    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:3::1", "2001:db8:1:3::/64")]
    [InlineData("2001:db8::", "2001:db8::/64")]
    [InlineData("::1", "::/64")]
    [InlineData("fe80::1%3", "fe80::/64")]
    public void An_address_counts_as_itself_or_its_64(string address, string counted) =>
        Assert.Equal(counted, ClientAddress.CountedAs(IPAddress.Parse(address)));
}
