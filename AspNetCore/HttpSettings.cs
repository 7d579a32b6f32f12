using Microsoft.Extensions.Configuration;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>What section <c>Limiter</c> says about HTTP, checked. Immutable; made once, at start.</summary>
public sealed class HttpSettings
{
    private const string TrustedProxiesKey = $"{LimiterOptions.Section}:TrustedProxies";
    private const string ForwardedHeaderKey = $"{LimiterOptions.Section}:ForwardedHeader";
    private const string LegacyHeadersKey = $"{LimiterOptions.Section}:LegacyHeaders";
    private const string TrustEverybodyKey = "ForwardedHeaders_Enabled";

    private HttpSettings(TrustedProxies trustedProxies, ForwardedHeader? forwardedHeader, bool legacyHeaders)
    {
        TrustedProxies = trustedProxies;
        ForwardedHeader = forwardedHeader;
        LegacyHeaders = legacyHeaders;
    }

    /// <summary>The proxies that are believed when they say whom they ask for (<c>Limiter:TrustedProxies:n</c>, addresses or networks). Default: none.</summary>
    public TrustedProxies TrustedProxies { get; }

    /// <summary>
    /// The one header in which they are believed (<c>Limiter:ForwardedHeader</c>: <c>X-Forwarded-For</c>, <c>Forwarded</c> or <c>X-Real-IP</c>). Default (null): the first of these
    /// three that a request has. Name it where your proxies write another than the first: they let the others through as clients sent them. While it is not named, the first request
    /// whose headers name different clients is warned of.
    /// </summary>
    public ForwardedHeader? ForwardedHeader { get; }

    /// <summary>
    /// Whether responses also carry <c>X-RateLimit-Limit</c>, <c>X-RateLimit-Remaining</c> and <c>X-RateLimit-Reset</c> (seconds until whole,
    /// up) for clients that know no other (<c>Limiter:LegacyHeaders</c>). Default: false.
    /// </summary>
    public bool LegacyHeaders { get; }

    /// <summary>Reads and checks the settings.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="LimiterConfigurationException">
    /// Something is wrong; the message names the setting, the value and the rule. Also where <c>ASPNETCORE_FORWARDEDHEADERS_ENABLED</c> is true:
    /// it makes the framework believe the forwarded headers of everybody, so that any client could choose its address.
    /// </exception>
    public static HttpSettings Load(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var errors = new List<InvalidValue>();
        var section = configuration.GetSection(TrustedProxiesKey);
        if (!string.IsNullOrEmpty(section.Value))
            errors.Add(new InvalidValue(TrustedProxiesKey, $"'{section.Value}'", "must be a list: TrustedProxies:0, TrustedProxies:1 and so on"));
        if (!TrustedProxies.TryCreate([.. section.GetChildren().Select(child => child.Value)], out var proxies, out var error))
            errors.Add(error with { Field = $"{LimiterOptions.Section}:{error.Field}" });
        var forwarded = configuration[ForwardedHeaderKey];
        var header = ForwardedHeader.All.FirstOrDefault(known => known.Name.Equals(forwarded, StringComparison.OrdinalIgnoreCase));
        if (!string.IsNullOrEmpty(forwarded) && header is null)
            errors.Add(new InvalidValue(ForwardedHeaderKey, $"'{forwarded}'", $"must be one of {string.Join(", ", ForwardedHeader.All.Select(known => known.Name))}"));
        var legacy = configuration[LegacyHeadersKey];
        var legacyHeaders = false;
        if (!string.IsNullOrEmpty(legacy) && !bool.TryParse(legacy, out legacyHeaders))
            errors.Add(new InvalidValue(LegacyHeadersKey, $"'{legacy}'", "must be true or false"));
        if (string.Equals(configuration[TrustEverybodyKey], "true", StringComparison.OrdinalIgnoreCase))
            errors.Add(new InvalidValue($"ASPNETCORE_{TrustEverybodyKey.ToUpperInvariant()}", "'true'", $"must not be set, because it trusts the X-Forwarded-For of everybody; name your proxies under {TrustedProxiesKey}"));
        return errors.Count == 0 ? new HttpSettings(proxies!, header, legacyHeaders) : throw new LimiterConfigurationException(errors);
    }
}
