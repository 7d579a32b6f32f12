using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Tests.Tickets;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Queue;

/// <summary>A valve whose engine throws what no engine should.</summary>
public sealed class OddValveTests
{
    [Fact]
    public async Task Every_call_to_it_is_503_and_one_line_says_what_was_thrown()
    {
        using var shop = new TicketShop(
            hasValve: true, configure: services => services.AddSingleton(DispatchProxy.Create<IValveEngine, OddProxy>()));
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1);
        var sale = await shop.SaleOfAsync(tickets[0]);

        foreach (var ask in (Func<Task<Reply>>[])
            [
                () => shop.QueueAsync(HttpMethod.Post, sale, user), () =>
                    shop.QueueAsync(HttpMethod.Get, sale, user), () => shop.QueueAsync(HttpMethod.Delete, sale, user),
                () => shop.PayAsync(user, tickets), () => shop.GetAsync($"/sales/{sale}/draw"), () => LookAsync(shop, sale),
                () => shop.OperateAsync(sale, "pause"), () => shop.OperateAsync(sale, "resume"), () => shop.OperateAsync(sale, "rates", new
                {
                    admissions = 7,
                }),
            ])
        {
            var reply = await ask();
            Assert.Equal((503, "valveUnavailable"), (reply.Status, reply.Json.GetProperty("reason").GetString()));
        }

        Assert.Equal(200, (await shop.OperateAsync($"/admin/sales/{sale}/end", null)).Status);
        Assert.Single(shop.Service.Log.Lines, line => line.Contains("The valve's engine threw 1 times", StringComparison.Ordinal));
        Assert.DoesNotContain(shop.Service.Log.Lines, line => line.Contains("ExceptionHandlerMiddleware", StringComparison.Ordinal));
    }

    private static Task<Reply> LookAsync(TicketShop shop, Guid sale)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/admin/sales/{sale}/valve");
        request.Headers.Add("X-Operator-Key", "dev-operator-key");
        return shop.SendAsync(request, token: null);
    }
}

/// <summary>Throws whatever it is asked.</summary>
public class OddProxy : DispatchProxy
{
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Name == "get_Source" ? "cluster" : throw new TimeZoneNotFoundException("odd");
}
