using System.Diagnostics.CodeAnalysis;
using System.Net;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// The proxies that are believed when they say whom they ask for (<see cref="ForwardedHeader"/>), from the setting <c>Limiter:TrustedProxies</c>: addresses or networks
/// (CIDR). None by default: then the client is whoever holds the socket, and no header changes that.
/// </summary>
public sealed class TrustedProxies
{
    private readonly List<IPAddress> _addresses = [];
    private readonly List<IPNetwork> _networks = [];

    private TrustedProxies()
    {
    }

    /// <summary>Whether no proxy is trusted.</summary>
    public bool IsEmpty => _addresses.Count + _networks.Count == 0;

    /// <summary>Reads the setting.</summary>
    /// <param name="entries">Addresses (<c>10.0.0.7</c>) and networks (<c>10.0.0.0/24</c>, <c>fd00::/8</c>) in any order.</param>
    /// <param name="proxies">The proxies, if every entry is one.</param>
    /// <param name="error">What is wrong, if not: the field (as in <c>TrustedProxies:1</c>), its value, the rule.</param>
    /// <returns>Whether every entry is an address or a network. A network of length 0, which is everybody, is none.</returns>
    public static bool TryCreate(
        IReadOnlyList<string?> entries,
        [NotNullWhen(true)] out TrustedProxies? proxies,
        [NotNullWhen(false)] out InvalidValue? error)
    {
        ArgumentNullException.ThrowIfNull(entries);
        proxies = null;
        error = null;
        var read = new TrustedProxies();
        for (var i = 0; i < entries.Count; i++)
        {
            error = read.Add(entries[i]) is { } wrong ? wrong with { Field = $"TrustedProxies:{i}" } : null;
            if (error is not null)
                return false;
        }

        proxies = read;
        return true;
    }

    /// <summary>Whether an address is that of a trusted proxy.</summary>
    /// <param name="address">The address; one of IPv4 written as of IPv6 is the one that it is.</param>
    /// <returns>Whether it is named, or is in a network that is named.</returns>
    public bool Trusts(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return _addresses.Contains(plain) || _networks.Exists(network => network.Contains(plain));
    }

    private InvalidValue? Add(string? entry)
    {
        if (IPAddress.TryParse(entry, out var address))
            _addresses.Add(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
        else if (entry is not null && IPNetwork.TryParse(entry, out var network) && network.PrefixLength > 0 && IPAddress.Parse(entry.Split('/')[0]).Equals(network.BaseAddress))
            _networks.Add(network);
        else
            return new InvalidValue("value", $"'{entry}'", "must be an IP address, or a network as in 10.0.0.0/24 with no bit set beyond its length, which must be at least 1");
        return null;
    }
}
