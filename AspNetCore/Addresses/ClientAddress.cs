using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using OrleansLimiter.AspNetCore.Recipes;

namespace OrleansLimiter.AspNetCore.Addresses;

/// <summary>A client's address as limits count it: one count per IPv4 address, one per IPv6 /64.</summary>
internal static class ClientAddress
{
    private const int Ipv6Bytes = 16;

    /// <summary>The text under which a request's client is counted.</summary>
    /// <param name="context">The request.</param>
    /// <returns>As of <see cref="CountedAs"/>; <c>~-</c> where the transport has no addresses.</returns>
    public static string Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Connection.RemoteIpAddress is { } address ? CountedAs(address) : KeyRecipe.Escape(null);
    }

    /// <summary>
    /// The text under which an address is counted. An IPv4-mapped IPv6 address counts as the IPv4 address that it is; any other IPv6
    /// address counts as its /64, the smallest block that a site is given, so that its owner gains nothing by changing the lower half.
    /// </summary>
    /// <param name="address">The address; its scope id is not looked at.</param>
    /// <returns>As in <c>203.0.113.7</c> or <c>2001:db8:1:2::/64</c>.</returns>
    public static string CountedAs(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return address.ToString();
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4().ToString();

        Span<byte> bytes = stackalloc byte[Ipv6Bytes];
        address.TryWriteBytes(bytes, out _);
        bytes[(Ipv6Bytes / 2)..].Clear();
        return string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(bytes)}/64");
    }
}
