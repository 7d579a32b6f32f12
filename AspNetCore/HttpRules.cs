using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using OrleansLimiter.AspNetCore.Addresses;
using OrleansLimiter.AspNetCore.Gate;
using OrleansLimiter.AspNetCore.Recipes;
using OrleansLimiter.Configuration;

namespace OrleansLimiter.AspNetCore;

/// <summary>Validates what only a server of HTTP knows the rules of: proxies, headers, key recipes.</summary>
/// <param name="configuration">Where the options came from: names entries as they stand there.</param>
internal sealed class HttpRules(IConfiguration configuration) : IValidateOptions<LimiterOptions>
{
    private const string Section = LimiterOptions.Section;

    // It makes the framework believe the forwarded headers of everybody, so that any client could choose its address.
    private const string TrustEverybody = "ForwardedHeaders_Enabled";
    private const string TrustEverybodyRule =
        "must not be set, because it trusts the X-Forwarded-For of everybody; "
        + $"name your proxies under {Section}:{nameof(LimiterOptions.TrustedProxies)}";

    private static readonly string HeaderRule = $"must be one of {string.Join(", ", ForwardedHeader.All.Select(header => header.Name))}";

    public ValidateOptionsResult Validate(string? name, LimiterOptions options)
    {
        if (name != Options.DefaultName)
            return ValidateOptionsResult.Skip;
        var errors = new SettingErrors();
        CheckProxies(options.TrustedProxies, errors);
        if (options.ForwardedHeader is { } header && ForwardedHeader.Named(header) is null)
            errors.Add($"{Section}:{nameof(options.ForwardedHeader)}", $"'{header}'", HeaderRule);
        if (string.Equals(configuration[TrustEverybody], "true", StringComparison.OrdinalIgnoreCase))
            errors.Add($"ASPNETCORE_{TrustEverybody.ToUpperInvariant()}", "'true'", TrustEverybodyRule);
        CheckRecipes(options.Policies, errors);
        return errors.ToResult();
    }

    private void CheckProxies(IList<string> entries, SettingErrors errors)
    {
        var path = $"{Section}:{nameof(LimiterOptions.TrustedProxies)}";
        var configured = configuration.GetSection(path).GetChildren().Where(child => !string.IsNullOrEmpty(child.Value)).ToList();
        for (var i = 0; i < entries.Count; i++)
        {
            if (!TrustedProxies.IsEntry(entries[i]))
                errors.Add(i < configured.Count ? configured[i].Path : $"{path}:{i}", $"'{entries[i]}'", TrustedProxies.EntryRule);
        }
    }

    private static void CheckRecipes(IDictionary<string, PolicyOptions> policies, SettingErrors errors)
    {
        foreach (var (name, policy) in policies.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (policy.Key is not null && !KeyRecipe.TryParse(policy.Key, out _, out var error))
                errors.Add(error with { Field = LimitStages.SettingOf(name.ToLowerInvariant()) });
        }
    }
}
