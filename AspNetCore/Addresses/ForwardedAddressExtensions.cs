using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace OrleansLimiter.AspNetCore;

/// <summary>Takes the client's address from what trusted proxies say.</summary>
internal static class ForwardedAddressExtensions
{
    /// <summary>
    /// Puts the client's address in the place of the trusted proxy's that holds the socket: the first address from the right that no trusted proxy vouches for. The headers stay.
    /// </summary>
    public static void UseForwardedAddress(this IApplicationBuilder app, HttpSettings settings) => app.Use(next => context =>
    {
        var connection = context.Connection;
        if (connection.RemoteIpAddress is { } socket && settings.TrustedProxies.Trusts(socket) && HeaderOf(context.Request.Headers, settings) is { } header)
        {
            var client = ClientBehind(socket, header, context.Request.Headers, settings.TrustedProxies);
            if (!ReferenceEquals(client, socket))
                (connection.RemoteIpAddress, connection.RemotePort) = (client, 0);
        }

        return next(context);
    });

    private static ForwardedHeader? HeaderOf(IHeaderDictionary headers, HttpSettings settings) =>
        settings.ForwardedHeader ?? ForwardedHeader.All.FirstOrDefault(header => headers.ContainsKey(header.Name));

    private static IPAddress ClientBehind(IPAddress socket, ForwardedHeader header, IHeaderDictionary headers, TrustedProxies proxies)
    {
        var client = socket;
        foreach (var element in ForwardedElements.FromTheRight(headers[header.Name]))
        {
            if ((header.IsStructured ? ForwardedElements.AddressInForwarded(element) : ForwardedElements.AddressIn(element)) is not { } address)
                return client;
            client = address;
            if (!proxies.Trusts(address))
                return client;
        }

        return client;
    }
}
