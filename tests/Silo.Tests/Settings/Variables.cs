using Microsoft.Extensions.Configuration;

namespace OrleansLimiter.Silo.Tests.Settings;

/// <summary>Configuration made of what a test sets.</summary>
internal static class Variables
{
    public static IConfiguration Of(params (string Name, string Value)[] variables) => new ConfigurationBuilder()
        .AddInMemoryCollection(variables.Select(variable => KeyValuePair.Create(variable.Name, (string?)variable.Value)))
        .Build();
}
