using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>What an app of one's own gets of <c>AddClusterEngine</c>.</summary>
public sealed class ClusterEngineTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("Shop", "Shop:")]
    public async Task Its_actors_are_named_after_the_application_that_is_set(string? application, string beginning)
    {
        var builder = Builder(application);
        builder.AddClusterEngine();
        await using var app = builder.Build();
        var asked = DispatchProxy.Create<IGrainFactory, NotingProxy>();
        app.Services.GetRequiredService<ClusterGate>().Open(asked);

        var spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromHours(1)));
        await app.Services.GetRequiredService<OrleansEngine>().ExecuteAsync(
            new LimitRequest(SubjectKey.Of(KeyScope.Of("acme", "default"), "one"), spec, Operation.Acquire, Permits.One), Cancellation);
        await app.Services.GetRequiredService<IValveEngine>().StatusAsync(SaleId.Of("concert"), Cancellation);

        Assert.Equal([$"{beginning}acme/default/one", $"{beginning}concert"], ((NotingProxy)(object)asked).Names);
    }

    [Fact]
    public void A_name_that_is_none_ends_the_start_as_a_variable_that_is_wrong_does()
    {
        var builder = Builder("two words");
        builder.Configuration["GATEWAY_PORT"] = "x";
        builder.AddClusterEngine();
        using var services = builder.Services.BuildServiceProvider();

        var wrong = Assert.Throws<LimiterConfigurationException>(services.GetRequiredService<OrleansEngine>);

        Assert.Equal(["Limiter:Application", "GATEWAY_PORT"], wrong.Failures.Select(failure => failure.Split(' ')[0]));
    }

    private static WebApplicationBuilder Builder(string? application)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Configuration["Limiter:Application"] = application;
        builder.AddOrleansLimiter();
        return builder;
    }
}

/// <summary>Notes whom it is asked for, and knows nobody.</summary>
public class NotingProxy : DispatchProxy
{
    internal List<string> Names { get; } = [];

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        Names.Add((string)args![0]!);
        throw new ObjectDisposedException("client");
    }
}
