using System.Net;
using Xunit;

namespace OrleansLimiter.Silo.Tests.Settings;

public sealed class ListenOnTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("10.1.2.3", "0.0.0.0")]
    [InlineData("fd00::7", "::")]
    public void A_silo_listens_where_it_is_called(string advertised, string listening) =>
        Assert.Equal(IPAddress.Parse(listening), LimiterSilo.ListenOn(IPAddress.Parse(advertised)));
}
