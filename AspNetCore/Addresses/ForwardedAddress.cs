using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansLimiter.AspNetCore.Addresses;

/// <summary>
/// Takes the client's address from what trusted proxies say: puts it in the place of the trusted proxy's that holds the socket. The
/// client's is the first address from the right that no trusted proxy vouches for. The headers stay. Safe for many threads.
/// </summary>
/// <param name="settings">Who is believed, and in which header.</param>
/// <param name="logger">Where it is told that headers name different clients.</param>
internal sealed partial class ForwardedAddress(HttpSettings settings, ILogger<ForwardedAddress> logger)
{
    private int _isTold;

    /// <summary>Settles the address of one request.</summary>
    public void Settle(HttpContext context)
    {
        var connection = context.Connection;
        if (connection.RemoteIpAddress is not { } socket || !settings.TrustedProxies.Trusts(socket))
            return;
        var headers = context.Request.Headers;
        if ((settings.ForwardedHeader ?? FirstOf(headers)) is not { } header)
            return;
        var client = ClientBehind(socket, header, headers);
        if (settings.ForwardedHeader is null && Volatile.Read(ref _isTold) == 0)
            CompareOthers(socket, header, client, headers);
        if (!ReferenceEquals(client, socket))
            (connection.RemoteIpAddress, connection.RemotePort) = (client, 0);
    }

    private static ForwardedHeader? FirstOf(IHeaderDictionary headers) =>
        ForwardedHeader.All.FirstOrDefault(header => headers.ContainsKey(header.Name));

    /// <summary>
    /// Tells once that another header names another client. Which of the two the proxy wrote cannot be known from here: it passes on what
    /// it does not write, and clients may write anything there.
    /// </summary>
    private void CompareOthers(IPAddress socket, ForwardedHeader believed, IPAddress client, IHeaderDictionary headers)
    {
        if (settings.TrustedProxies.Trusts(client))
            return;
        foreach (var other in ForwardedHeader.All)
        {
            if (other == believed || !headers.ContainsKey(other.Name))
                continue;

            // A proxy's own address is no client: a header that every proxy replaces names the one before it.
            var named = ClientBehind(socket, other, headers);
            if (settings.TrustedProxies.Trusts(named) || ClientAddress.CountedAs(named) == ClientAddress.CountedAs(client))
                continue;
            if (Interlocked.Exchange(ref _isTold, 1) == 0)
                LogDifferent(logger, believed.Name, other.Name);
            return;
        }
    }

    private IPAddress ClientBehind(IPAddress socket, ForwardedHeader header, IHeaderDictionary headers)
    {
        var client = socket;
        foreach (var element in ForwardedElements.FromTheRight(headers[header.Name]))
        {
            if ((header.IsStructured ? ForwardedElements.AddressInForwarded(element) : ForwardedElements.AddressIn(element))
                is not { } address)
                return client;
            client = address;
            if (!settings.TrustedProxies.Trusts(address))
                return client;
        }

        return client;
    }

    [LoggerMessage(
        EventId = 1,
        EventName = "ForwardedHeadersDiffer",
        Level = LogLevel.Warning,
        Message = "A request of a trusted proxy names one client in {Believed}, which is believed, and another in {Other}: set "
            + "Limiter:ForwardedHeader to the one that the proxy writes, since clients may write the other")]
    private static partial void LogDifferent(ILogger logger, string believed, string other);
}
