using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Engines.Memory.Valve;
using OrleansLimiter.Shop.Tests.Tickets;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Queue;

/// <summary>What is published of a draw: asked for and written once after the opening, however many look at it.</summary>
public sealed class DrawDocumentTests
{
    [Fact]
    public async Task After_the_opening_the_valve_is_asked_once_and_who_has_the_draw_is_told_304()
    {
        RecordingValve? valve = null;
        using var shop = new TicketShop(hasValve: true, configure: services => services.AddSingleton<IValveEngine>(provider =>
            valve = new RecordingValve(new MemoryValve(provider.GetRequiredService<TimeProvider>()))));
        var user = (await shop.AddUsersAsync(1))[0];
        var sale = await shop.SaleOfAsync((await shop.AddSaleAsync(10, opensIn: TimeSpan.FromSeconds(20)))[0]);
        await shop.QueueAsync(HttpMethod.Post, sale, user);
        var before = await shop.GetAsync($"/sales/{sale}/draw");
        Assert.Equal((200, "no-store"), (before.Status, before.Header("Cache-Control")));
        shop.Clock.Advance(TimeSpan.FromSeconds(20));

        var asked = valve!.Draws;
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.GetAsync($"/sales/{sale}/draw")));
        Assert.Equal(1, valve.Draws - asked);
        Assert.All(replies, reply => Assert.Equal(
            (200, replies[0].Body, replies[0].Header("ETag"), "public, max-age=3600"),
            (reply.Status, reply.Body, reply.Header("ETag"), reply.Header("Cache-Control"))));
        Assert.NotEqual(before.Header("ETag"), replies[0].Header("ETag"));

        using var client = shop.Service.Connect();
        foreach (var (tags, status) in ((string, int)[])[
            (replies[0].Header("ETag")!, 304), ($"\"another\", {replies[0].Header("ETag")}", 304), ("*", 304), ("\"another\"", 200)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/sales/{sale}/draw");
            request.Headers.TryAddWithoutValidation("If-None-Match", tags);
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(status, (int)response.StatusCode);
        }

        Assert.Equal(1, valve.Draws - asked);
    }

    [Fact]
    public async Task Looks_at_the_draw_have_a_limit_of_their_own()
    {
        using var shop = new TicketShop(hasValve: true);
        var sale = await shop.SaleOfAsync((await shop.AddSaleAsync(1))[0]);
        for (var i = 0; i < 30; i++)
            Assert.Equal(200, (await shop.GetAsync($"/sales/{sale}/draw")).Status);
        var refused = await shop.GetAsync($"/sales/{sale}/draw");
        Assert.Equal((429, "draw-ip"), (refused.Status, refused.Json.GetProperty("policy").GetString()));
        Assert.Equal(200, (await shop.GetAsync($"/sales/{sale}")).Status);
    }
}
