using OrleansLimiter.AspNetCore.Addresses;

namespace OrleansLimiter.AspNetCore;

/// <summary>What the options say about HTTP, validated (<see cref="HttpRules"/>). Immutable; made once.</summary>
internal sealed class HttpSettings
{
    internal HttpSettings(LimiterOptions options)
    {
        TrustedProxies = new TrustedProxies(options.TrustedProxies);
        ForwardedHeader = ForwardedHeader.Named(options.ForwardedHeader);
        LegacyHeaders = options.LegacyHeaders;
    }

    /// <summary><see cref="LimiterOptions.TrustedProxies"/>.</summary>
    public TrustedProxies TrustedProxies { get; }

    /// <summary><see cref="LimiterOptions.ForwardedHeader"/>; null: the first that a request has.</summary>
    public ForwardedHeader? ForwardedHeader { get; }

    /// <summary><see cref="LimiterOptions.LegacyHeaders"/>.</summary>
    public bool LegacyHeaders { get; }
}
