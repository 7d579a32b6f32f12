using Microsoft.Extensions.Configuration;
using OrleansLimiter.Hosting.Settings;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>Names that are a slip away from a setting.</summary>
public sealed class MisspelledSettingsTests
{
    [Theory]
    [InlineData("Limitter:MaxKeys", "Limitter is set: it is no setting; the nearest is Limiter.")]
    [InlineData("Tenant:0:Name", "Tenant is set: it is no setting; the nearest is Tenants.")]
    [InlineData("Oprators:0:Name", "Oprators is set: it is no setting; the nearest is Operators.")]
    [InlineData("Vavle:Checkout", "Vavle is set: it is no setting; the nearest is Valve.")]
    [InlineData("Valve:Admission", "Valve:Admission is set: it is no setting; the nearest is Valve:Admissions.")]
    [InlineData("Cluster:CoHostd", "Cluster:CoHostd is set: it is no setting; the nearest is Cluster:CoHosted.")]
    [InlineData("Valve:People",
        "Valve:People is set: it is no setting; known here: Admissions, WindowSeconds, Checkout, AcceptSeconds, PreQueueSeconds, "
        + "DeclinedPayments.")]
    public void A_section_or_what_is_in_one_stops_the_start_with_the_nearest_name(string name, string message)
    {
        var wrong = Assert.Throws<LimiterConfigurationException>(
            () => Configured.Service(isDevelopment: false, ("JWT_SECRET", Configured.Secret), (name, "1")));
        Assert.Equal(message, wrong.Message);
    }

    [Theory]
    [InlineData("LIMITER_ENGIN", "LIMITER_ENGINE")]
    [InlineData("LIMITER_ENGNIE", "LIMITER_ENGINE")]
    [InlineData("JWT_SECRETT", "JWT_SECRET")]
    [InlineData("OPERATION_PORT", "OPERATIONS_PORT")]
    [InlineData("Limiter_MaxKeys", "Limiter__MaxKeys")]
    public void A_variable_is_mentioned_with_the_nearest_name(string name, string meant) =>
        Assert.Equal([(name, meant)], MisspelledSettings.Find(Configured.With((name, "x"))));

    [Theory]
    [InlineData("""{"Tenents": []}""", "Tenents", "Tenants")]
    [InlineData("""{"Oprators": {}}""", "Oprators", "Operators")]
    public void A_section_that_holds_nothing_is_mentioned_with_the_nearest_name(string json, string name, string meant)
    {
        using var file = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json));
        Assert.Equal([(name, meant)], MisspelledSettings.Find(new ConfigurationBuilder().AddJsonStream(file).Build()));
    }

    [Theory]
    [InlineData("PATH")]
    [InlineData("LIMITER_SERVICE_HOST")]
    [InlineData("REDIS_PORT_6379_TCP")]
    [InlineData("DATABASE_URL")]
    [InlineData("Logging:LogLevel:Default")]
    public void What_is_far_from_every_setting_or_is_one_is_nobodys_slip(string name) =>
        Assert.Empty(MisspelledSettings.Find(Configured.With((name, "x"))));
}
