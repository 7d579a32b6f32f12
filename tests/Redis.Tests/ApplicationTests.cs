using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Engines.Redis.Valve;
using OrleansLimiter.Redis.Tests.Valve;
using Xunit;
using static OrleansLimiter.Redis.Tests.TestEngine;

namespace OrleansLimiter.Redis.Tests;

/// <summary>Apps of different names count apart on one Redis, and those of one name, or of none, together.</summary>
public sealed class ApplicationTests
{
    [Fact]
    public async Task Two_applications_share_neither_counts_nor_answered_requests_nor_rules_under_one_policys_name()
    {
        await using var server = await RedisServer.StartAsync();
        using var shop = await ConnectAsync(server, options => options.Application = "Shop");
        using var other = await ConnectAsync(server, options => options.Application = "Other");
        using var none = await ConnectAsync(server);

        foreach (var engine in (RedisEngine[])[shop, other, none])
        {
            Assert.Equal(9, (await engine.DecideAsync(Request("one", TenAnHour, id: "order-1"))).Remaining);
            Assert.Equal(9, await engine.RemainingAsync("one", TenAnHour));
        }

        var names = await server.CommandAsync("KEYS", "*");
        Assert.Equal(
            ["Other:l{dev-free/default/one}", "Other:r{dev-free/default/one}", "Shop:l{dev-free/default/one}",
                "Shop:r{dev-free/default/one}", "l{dev-free/default/one}", "r{dev-free/default/one}"],
            names.Split('\n').Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Two_front_ends_of_one_application_share_them()
    {
        await using var server = await RedisServer.StartAsync();
        using var one = await ConnectAsync(server, options => options.Application = "Shop");
        using var two = await ConnectAsync(server, options => options.Application = "Shop");

        Assert.Equal(9, (await one.DecideAsync(Request("one", TenAnHour))).Remaining);
        Assert.Equal(8, (await two.DecideAsync(Request("one", TenAnHour))).Remaining);
    }

    [Fact]
    public async Task Two_applications_share_no_line_under_one_sales_name()
    {
        await using var server = await RedisServer.StartAsync();
        using var shop = await TestValve.ConnectAsync(server, options => options.Application = "Shop");
        using var none = await TestValve.ConnectAsync(server);
        foreach (var valve in (RedisValve[])[shop, none])
        {
            await valve.SetUpAsync(TestValve.OpenSpec(TestValve.Slow));
            Assert.Equal(1, (await valve.JoinAsync(1)).Place);
        }

        Assert.Equal((1, 1), ((int)await server.NumberAsync("EXISTS", "Shop:v{sale}"), (int)await server.NumberAsync("EXISTS", "v{sale}")));
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("a{b}")]
    [InlineData("a:b")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void A_name_that_is_none_is_refused(string application)
    {
        var options = new RedisEngineOptions { EndPoints = { "localhost:6379" }, Application = application };

        Assert.Contains($"Application is '{application}': it must be at most 64",
            Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }
}
