using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>Descriptions of an API say that a limited operation may be refused, and what it answers else.</summary>
public sealed class DescriptionTests
{
    [Fact]
    public async Task A_limited_operation_shows_its_success_and_its_refusals()
    {
        await using var app = await App.StartAsync(
            web =>
            {
                web.MapControllers().RequireLimit("a");
                web.MapGet("/typed", () => "x").RequireLimit("a");
                web.MapGet("/untyped", () => Results.Ok()).RequireLimit("a");
                web.MapGet("/said", () => Results.Ok()).RequireLimit("a").Produces(202).Produces(429);
                web.MapGet("/free", () => Results.Ok());
            },
            options => options.Policies["a"] = App.Policy(),
            configure: services =>
                services.AddEndpointsApiExplorer().AddControllers().AddApplicationPart(typeof(LimitedController).Assembly));

        var described = app.Services.GetRequiredService<IApiDescriptionGroupCollectionProvider>().ApiDescriptionGroups.Items
            .SelectMany(group => group.Items)
            .ToDictionary(item => item.RelativePath!, item =>
                string.Join(' ', item.SupportedResponseTypes.Select(type => type.StatusCode).Order()));

        Assert.Equal("200 429 503", described["limited"]);
        Assert.Equal("200 429 503", described["typed"]);
        Assert.Equal("200 429 503", described["untyped"]);
        Assert.Equal("202 429 503", described["said"]);
        Assert.DoesNotContain("429", described["free"], StringComparison.Ordinal);
    }
}
