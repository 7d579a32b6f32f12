using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace OrleansLimiter.AspNetCore.Addresses;

/// <summary>
/// The proxies that are believed when they say whom they ask for (<see cref="ForwardedHeader"/>), from the setting
/// <c>Limiter:TrustedProxies</c>: addresses or networks (CIDR). None by default: then the client is whoever holds the socket, and no header
/// changes that.
/// </summary>
internal sealed class TrustedProxies
{
    /// <summary>What an entry must be, for messages.</summary>
    internal const string EntryRule =
        "must be an IP address, or a network as in 10.0.0.0/24 with no bit set beyond its length, which must be at least 1";

    private readonly List<IPAddress> _addresses = [];
    private readonly List<IPNetwork> _networks = [];

    internal TrustedProxies(IEnumerable<string> entries)
    {
        foreach (var entry in entries)
        {
            if (TryReadAddress(entry, out var address))
                _addresses.Add(address);
            else if (TryReadNetwork(entry, out var network))
                _networks.Add(network);
        }
    }

    /// <summary>Whether no proxy is trusted.</summary>
    public bool IsEmpty => _addresses.Count + _networks.Count == 0;

    /// <summary>Whether an address is that of a trusted proxy.</summary>
    /// <param name="address">The address; one of IPv4 written as of IPv6 is the one that it is.</param>
    /// <returns>Whether it is named, or is in a network that is named.</returns>
    public bool Trusts(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return _addresses.Contains(plain) || _networks.Exists(network => network.Contains(plain));
    }

    /// <summary>Whether a text is an address or a network. One of length 0, which is everybody, is none.</summary>
    internal static bool IsEntry(string entry) => TryReadAddress(entry, out _) || TryReadNetwork(entry, out _);

    private static bool TryReadAddress(string entry, [NotNullWhen(true)] out IPAddress? address)
    {
        if (!IPAddress.TryParse(entry, out address))
            return false;
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return true;
    }

    private static bool TryReadNetwork(string entry, out IPNetwork network) =>
        IPNetwork.TryParse(entry, out network)
        && network.PrefixLength > 0
        && IPAddress.Parse(entry.Split('/')[0]).Equals(network.BaseAddress);
}
