using System.Net;

namespace OrleansLimiter.AspNetCore.Addresses;

/// <summary>
/// Reads who was asked for in headers that proxies add to: <c>X-Forwarded-For</c>, <c>Forwarded</c> (RFC 7239) and <c>X-Real-IP</c>. From
/// the right, since only what the nearest proxy wrote there is known to be well formed: a client may write anything to the left of it, an
/// open quote too.
/// </summary>
internal static class ForwardedElements
{
    /// <summary>The elements of a header's lines, the last one first.</summary>
    public static IEnumerable<string> FromTheRight(IReadOnlyList<string?> lines)
    {
        for (var i = lines.Count - 1; i >= 0; i--)
        {
            var line = lines[i] ?? string.Empty;
            while (line.Length > 0)
            {
                var comma = LastOutsideQuotes(line, ',');
                yield return line[(comma + 1)..].Trim();
                line = comma < 0 ? string.Empty : line[..comma];
            }
        }
    }

    /// <summary>Reads an address with or without its port; one of IPv6 with a port in brackets.</summary>
    public static IPAddress? AddressIn(string text)
    {
        // A number alone would be taken for an address of IPv4.
        return (text.Contains('.', StringComparison.Ordinal) || text.Contains(':', StringComparison.Ordinal))
            && IPEndPoint.TryParse(text, out var point) ? point.Address : null;
    }

    /// <summary>
    /// Reads the address that an element of <c>Forwarded</c> names as <c>for</c>; null where there is none, as in <c>for=unknown</c> and
    /// <c>for=_hidden</c>.
    /// </summary>
    public static IPAddress? AddressInForwarded(string element)
    {
        while (element.Length > 0)
        {
            var semicolon = LastOutsideQuotes(element, ';');
            var pair = element[(semicolon + 1)..].Trim();
            if (pair.StartsWith("for=", StringComparison.OrdinalIgnoreCase))
                return AddressIn(pair["for=".Length..].Trim().Trim('"'));
            element = semicolon < 0 ? string.Empty : element[..semicolon];
        }

        return null;
    }

    private static int LastOutsideQuotes(string text, char wanted)
    {
        var isQuoted = false;
        for (var i = text.Length - 1; i >= 0; i--)
        {
            if (text[i] == '"')
                isQuoted = !isQuoted;
            else if (text[i] == wanted && !isQuoted)
                return i;
        }

        return -1;
    }
}
