using OrleansLimiter.Hosting.Reading;

namespace OrleansLimiter.Api.Limits;

/// <summary>
/// Reads the key at the end of <c>/limit/{policy}/{**key}</c> from the request target as sent: the framework's own path has
/// decoded some of it and not the rest, so that <c>%2F</c> and <c>%252F</c> could not be told apart.
/// </summary>
internal static class TargetReader
{
    /// <summary>Finds the key.</summary>
    /// <param name="target">The request target: a path with a query, or an absolute URI.</param>
    /// <param name="policy">The policy, as routing read it.</param>
    /// <param name="key">The key, if the target is a plain <c>/limit/policy/key</c>.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static RequestError? ReadKey(ReadOnlySpan<char> target, string policy, out string? key)
    {
        key = null;
        var end = target.IndexOfAny('?', '#');
        var path = PathOf(end < 0 ? target : target[..end]);
        var prefix = $"/limit/{policy}/";

        // Dot segments and escapes before the key, which routing has resolved: no client needs them.
        if (!path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            return RequestError.BadField("key",
                "The path must be /limit/<policy>/<key>, without dot segments and with nothing escaped before the key.");
        return PercentEncoding.TryDecode(path[prefix.Length..], plusIsSpace: false, out key)
            ? null
            : RequestError.BadField("key", "key is not valid percent-encoded UTF-8: every % must begin two hexadecimal digits.");
    }

    private static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target)
    {
        var scheme = target.IndexOf("://");
        if (target.IsEmpty || target[0] == '/' || scheme < 0)
            return target;
        var authority = target[(scheme + 3)..];
        var slash = authority.IndexOf('/');
        return slash < 0 ? [] : authority[slash..];
    }
}
