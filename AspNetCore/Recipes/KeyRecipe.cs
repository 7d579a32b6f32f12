using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.AspNetCore.Recipes;

/// <summary>
/// How the subject of a limit is made from a request: <c>ip</c>, <c>user</c>, <c>tenant</c>, <c>claim:org</c>, <c>header:X-Name</c>,
/// <c>route:id</c>, or several of them joined by <c>+</c>, as in <c>user+ip</c>; or a function in code. Never from the body, which is not
/// read before the limit is decided. Immutable.
/// </summary>
/// <remarks>
/// Two different sets of values never make one subject: in a value <c>~</c> becomes <c>~0</c> and <c>+</c> becomes <c>~1</c>, and the
/// values are joined by <c>+</c>. A value that the request does not have is <c>~-</c>, so that all requests without it share one count. A
/// request without an authenticated user counts, where the recipe says <c>user</c>, by its address: <c>~@203.0.113.7</c>; so does one whose
/// user lacks the claim that the recipe names. Types of claims are compared without case. A subject that no key may be (over 256 bytes,
/// control characters, lone surrogates) is <c>~#</c> and the base64url of its SHA-256.
/// </remarks>
internal sealed class KeyRecipe
{
    private const string Rule = "must be one or more of ip, user, tenant, claim:<type>, header:<name> and route:<name>, each at most "
        + "once, joined by +";
    private static readonly SearchValues<char> Reserved = SearchValues.Create("~+");
    private static readonly KeyScope AnyScope = KeyScope.Of(KeyScope.OwnTenant, "any");

    private readonly RecipePart[] _parts;

    private KeyRecipe(string text, RecipePart[] parts)
    {
        Text = text;
        _parts = parts;
    }

    /// <summary>The recipe as it was written.</summary>
    public string Text { get; }

    /// <summary>The route values that the recipe needs; a route that lacks one cannot use it.</summary>
    public IEnumerable<string> RouteValues => _parts.OfType<RecipePart.RouteValue>().Select(part => part.Name);

    /// <summary>What of it needs to be known who calls, as in <c>user</c>; null for nothing.</summary>
    internal string? UserPart => _parts
        .Select(part => part switch
        {
            RecipePart.User => "user",
            RecipePart.UserClaim claim => $"claim:{claim.Type}",
            _ => null,
        })
        .FirstOrDefault(text => text is not null);

    /// <summary>A recipe that code gives.</summary>
    /// <param name="key">The subject of a request; requests for which it is null or empty share one count.</param>
    /// <returns>The recipe.</returns>
    public static KeyRecipe Of(Func<HttpContext, string?> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new KeyRecipe("a function", [new RecipePart.CodeValue(key)]);
    }

    /// <summary>Reads a recipe.</summary>
    /// <param name="text">The recipe; spaces around a part do not matter, nor does the case of <c>ip</c>, <c>user</c> and so on.</param>
    /// <param name="recipe">The recipe, if it is one.</param>
    /// <param name="error">What is wrong, if not (field <c>key</c>).</param>
    /// <returns>Whether it is a recipe.</returns>
    public static bool TryParse(
        string? text,
        [NotNullWhen(true)] out KeyRecipe? recipe,
        [NotNullWhen(false)] out InvalidValue? error)
    {
        var parts = (text ?? string.Empty).Split('+', StringSplitOptions.TrimEntries).Select(RecipePart.Parse).ToArray();
        var good = parts.All(part => part is not null) && parts.Distinct().Count() == parts.Length;
        recipe = good ? new KeyRecipe(text!, parts!) : null;
        error = good ? null : new InvalidValue("key", $"'{text}'", Rule);
        return good;
    }

    /// <summary>The subject of a request.</summary>
    /// <param name="context">The request, routed; authenticated, where the recipe says <c>user</c>.</param>
    /// <returns>The subject: valid as a key's subject whatever the request holds.</returns>
    public string SubjectOf(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_parts.Length == 1)
            return Fit(_parts[0].ValueOf(context));
        var text = new StringBuilder();
        foreach (var part in _parts)
            text.Append(text.Length == 0 ? string.Empty : "+").Append(part.ValueOf(context));
        return Fit(text.ToString());
    }

    /// <summary>A value from a request, written so that it can stand beside others.</summary>
    /// <param name="value">The value; null or empty where the request has none.</param>
    /// <returns>The value, escaped; <c>~-</c> for none.</returns>
    internal static string Escape(string? value)
    {
        if (string.IsNullOrEmpty(value))
            return "~-";
        return value.AsSpan().ContainsAny(Reserved)
            ? value.Replace("~", "~0", StringComparison.Ordinal).Replace("+", "~1", StringComparison.Ordinal)
            : value;
    }

    private static string Fit(string subject) =>
        SubjectKey.TryCreate(AnyScope, subject, out _, out _)
            ? subject
            : "~#" + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(subject)));
}
