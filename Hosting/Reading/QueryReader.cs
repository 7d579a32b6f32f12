namespace OrleansLimiter.Hosting.Reading;

/// <summary>
/// Reads a query, strictly: a known parameter stands there at most once, is valid percent-encoded UTF-8
/// (with <c>+</c> for a space). An unknown parameter is an error: a misspelt one must not be taken for left out.
/// </summary>
internal static class QueryReader
{
    /// <summary>The complaint about the first parameter that is not among the known ones; null: there is none.</summary>
    /// <param name="query">The query as sent, with its question mark.</param>
    /// <param name="known">The names of those that there may be.</param>
    public static RequestError? UnknownIn(ReadOnlySpan<char> query, params ReadOnlySpan<string> known)
    {
        if (query.IsEmpty || query.SequenceEqual("?"))
            return null;
        foreach (var range in query[1..].Split('&'))
        {
            var pair = query[1..][range];
            var equals = pair.IndexOf('=');
            var given = equals < 0 ? pair : pair[..equals];
            if (pair.IsEmpty || IsOneOf(given, known))
                continue;
            var name = RequestError.Shown(PercentEncoding.TryDecode(given, plusIsSpace: true, out var decoded)
                ? decoded!
                : given.ToString());
            return RequestError.BadField(name,
                $"{name} is unknown: the query may hold {(known.IsEmpty ? "nothing" : string.Join(", ", known))}.");
        }

        return null;
    }

    private static bool IsOneOf(ReadOnlySpan<char> given, ReadOnlySpan<string> known)
    {
        foreach (var name in known)
        {
            if (IsNamed(given, name))
                return true;
        }

        return false;
    }

    /// <summary>Reads one parameter.</summary>
    /// <param name="query">The query as sent, with its question mark.</param>
    /// <param name="name">The parameter's name.</param>
    /// <param name="value">Its value; null if it is not there.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static RequestError? ReadText(ReadOnlySpan<char> query, string name, out string? value)
    {
        value = null;
        if (!query.IsEmpty && query[0] == '?')
            query = query[1..];
        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            var equals = pair.IndexOf('=');
            if (!IsNamed(equals < 0 ? pair : pair[..equals], name))
                continue;
            if (value is not null)
                return RequestError.BadField(name, $"{name} must be there only once.");
            if (!PercentEncoding.TryDecode(equals < 0 ? [] : pair[(equals + 1)..], plusIsSpace: true, out value))
                return RequestError.BadField(name,
                    $"{name} is not valid percent-encoded UTF-8: every % must begin two hexadecimal digits.");
        }

        return null;
    }

    private static bool IsNamed(ReadOnlySpan<char> given, string name) =>
        given.SequenceEqual(name)
        || (given.Contains('%') && PercentEncoding.TryDecode(given, plusIsSpace: true, out var decoded) && decoded == name);
}
