using Microsoft.Extensions.Configuration;

namespace OrleansLimiter.Configuration;

/// <summary>
/// Complains about lists that several layers of the configuration fill. They are merged by their numbers: a file's first tenant and the
/// environment's would become one, with the name of the one and the tier of the other, and nobody would be told. Entries under names are
/// who they are: there a layer changes what is below it, as everywhere. Used by one thread at start.
/// </summary>
internal static class ListLayers
{
    private const string Rule =
        "must be given in one layer only: lists are merged by their numbers, so give the entries of the other layer numbers of their own, "
        + "or names in the place of numbers (Tenants:acme:Tier)";

    /// <summary>Checks every list of the limiter. Configuration that does not say which layers it has is taken as it is.</summary>
    public static void Check(IConfiguration configuration, SettingErrors errors)
    {
        if (configuration is not IConfigurationRoot root)
            return;
        foreach (var entry in Lists(configuration).SelectMany(list => list.GetChildren()).Where(entry => SettingsText.IsNumber(entry.Key)))
            CheckEntry(root, entry, errors);
    }

    private static IEnumerable<IConfigurationSection> Lists(IConfiguration configuration)
    {
        yield return configuration.GetSection("Tenants");
        yield return configuration.GetSection("Operators");
        yield return configuration.GetSection($"{LimiterOptions.Section}:TrustedProxies");
        foreach (var policy in configuration.GetSection($"{LimiterOptions.Section}:Policies").GetChildren())
        {
            yield return policy.GetSection("Bandwidths");
            yield return policy.GetSection("Tenants");
            yield return policy.GetSection("Tiers");
        }
    }

    private static void CheckEntry(IConfigurationRoot root, IConfigurationSection entry, SettingErrors errors)
    {
        CheckValue(root, entry.Path, errors);
        foreach (var inner in entry.GetChildren())
            CheckEntry(root, inner, errors);
    }

    private static void CheckValue(IConfigurationRoot root, string path, SettingErrors errors)
    {
        (string Value, IConfigurationProvider Layer)? first = null;
        foreach (var layer in root.Providers)
        {
            if (!layer.TryGet(path, out var value) || string.IsNullOrEmpty(value))
                continue;
            if (first is { } other && other.Value != value)
            {
                // Values are not shown: the hash of a key may be among them.
                errors.Add(path, $"one thing in {NameOf(other.Layer)} and another in {NameOf(layer)}", Rule);
                return;
            }

            first ??= (value, layer);
        }
    }

    /// <summary>A layer's name for people: the file, the environment, the command line.</summary>
    private static string NameOf(IConfigurationProvider layer)
    {
        var text = layer.ToString() ?? layer.GetType().Name;
        var from = text.IndexOf('\'', StringComparison.Ordinal);
        if (text.StartsWith("EnvironmentVariables", StringComparison.Ordinal))
            return "the environment";
        if (text.StartsWith("CommandLine", StringComparison.Ordinal))
            return "the command line";
        var to = text.LastIndexOf('\'');
        return from >= 0 && to > from + 1 ? text[(from + 1)..to] : text;
    }
}
