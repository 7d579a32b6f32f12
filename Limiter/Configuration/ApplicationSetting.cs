using Microsoft.Extensions.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter;

/// <summary>The setting <c>Limiter:Application</c>: what the names of an app's keys begin with in an engine that several apps may share.</summary>
public static class ApplicationSetting
{
    private const string Name = $"{LimiterOptions.Section}:Application";

    /// <summary>Reads and checks the setting.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="otherwise">The name where the setting is not there.</param>
    /// <returns>The name; empty for none.</returns>
    /// <exception cref="LimiterConfigurationException">It breaks <see cref="ApplicationName.Rule"/>.</exception>
    public static string Read(IConfiguration configuration, string otherwise)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var application = configuration[Name] ?? otherwise;
        return ApplicationName.IsValid(application)
            ? application
            : throw new LimiterConfigurationException([new InvalidValue(Name, $"'{application}'", ApplicationName.Rule)]);
    }
}
