using Microsoft.Extensions.Configuration;
using OrleansLimiter.Api.Settings;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.ServiceKit;

/// <summary>Configuration of a few variables.</summary>
internal static class Configured
{
    /// <summary>A secret that is long enough.</summary>
    public const string Secret = "a secret of the tests, of at least 32 bytes";

    /// <summary>The settings of the service that starts with these variables and nothing else.</summary>
    public static ServiceSettings Service(bool isDevelopment, params (string Name, string Value)[] variables)
    {
        var errors = new List<InvalidValue>();
        var settings = ServiceSettings.Read(With(variables), isDevelopment, errors);
        return errors.Count == 0 ? settings : throw new LimiterConfigurationException(errors);
    }

    /// <summary>The shop's part of them.</summary>
    public static ShopSettings Shop(bool isDevelopment, params (string Name, string Value)[] variables) =>
        Service(isDevelopment, variables).Shop;

    /// <summary>The variables and nothing else; of those of one name, the last.</summary>
    public static IConfiguration With(params (string Name, string Value)[] variables) => new ConfigurationBuilder()
        .AddInMemoryCollection(variables.GroupBy(variable => variable.Name)
            .Select(named => KeyValuePair.Create(named.Key, (string?)named.Last().Value)))
        .Build();
}
