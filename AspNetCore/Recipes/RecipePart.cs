using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.AspNetCore.Addresses;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.AspNetCore.Recipes;

/// <summary>One part of a key recipe. Immutable.</summary>
internal abstract record RecipePart
{
    /// <summary>The part's value in a request, escaped so that it can stand beside others.</summary>
    public abstract string ValueOf(HttpContext context);

    /// <summary>Reads one part; null if it is none.</summary>
    public static RecipePart? Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var kind = (colon < 0 ? text : text[..colon]).ToLowerInvariant();
        var name = colon < 0 ? string.Empty : text[(colon + 1)..];
        return (kind, colon < 0) switch
        {
            ("ip", true) => new Address(),
            ("user", true) => new User(),
            ("tenant", true) => new CallerTenant(),
            ("claim", false) when IsClaimType(name) => new UserClaim(name.ToLowerInvariant()),
            ("header", false) when IsToken(name) => new Header(name.ToLowerInvariant()),
            ("route", false) when IsIdentifier(name) => new RouteValue(name.ToLowerInvariant()),
            _ => null,
        };
    }

    // RFC 9110's token without +, which separates the parts of a recipe.
    private static bool IsToken(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*-.^_`|~".Contains(c, StringComparison.Ordinal));

    // Often a URI. Visible ASCII without +.
    private static bool IsClaimType(string name) => name.Length > 0 && name.All(c => c is > ' ' and < '\x7f' and not '+');

    private static bool IsIdentifier(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static ClaimsPrincipal? AuthenticatedIn(HttpContext context) =>
        context.User.Identity?.IsAuthenticated == true ? context.User : null;

    private static string OrAddress(string? value, HttpContext context) =>
        string.IsNullOrEmpty(value) ? "~@" + ClientAddress.Of(context) : KeyRecipe.Escape(value);

    /// <summary><c>ip</c>: the client's address.</summary>
    public sealed record Address : RecipePart
    {
        public override string ValueOf(HttpContext context) => ClientAddress.Of(context);
    }

    /// <summary><c>user</c>: the authenticated user's <c>sub</c>; without one, the client's address, marked as such.</summary>
    public sealed record User : RecipePart
    {
        public override string ValueOf(HttpContext context) =>
            OrAddress(AuthenticatedIn(context) is { } user ? IdOf(user) : null, context);

        private static string? IdOf(ClaimsPrincipal user) =>
            user.FindFirst("sub")?.Value ?? user.FindFirst(ClaimTypes.NameIdentifier)?.Value;
    }

    /// <summary>
    /// <c>claim:org</c>: the authenticated user's first claim of that type; without one, the client's address, marked as such.
    /// </summary>
    public sealed record UserClaim(string Type) : RecipePart
    {
        public override string ValueOf(HttpContext context) => OrAddress(AuthenticatedIn(context)?.FindFirst(Type)?.Value, context);
    }

    /// <summary><c>tenant</c>: the tenant that the request's API key names.</summary>
    public sealed record CallerTenant : RecipePart
    {
        public override string ValueOf(HttpContext context) => KeyRecipe.Escape(NameOf(context));

        private static string? NameOf(HttpContext context) =>
            ApiKey.TryFindTenant(context, context.RequestServices.GetRequiredService<TenantDirectory>(), out var tenant)
                ? tenant.Name
                : null;
    }

    /// <summary><c>header:X-Name</c>: a request header; several of one name count as one value, joined by commas.</summary>
    public sealed record Header(string Name) : RecipePart
    {
        public override string ValueOf(HttpContext context) => KeyRecipe.Escape(context.Request.Headers[Name]);
    }

    /// <summary><c>route:id</c>: a value of the route.</summary>
    public sealed record RouteValue(string Name) : RecipePart
    {
        public override string ValueOf(HttpContext context) => KeyRecipe.Escape(context.GetRouteValue(Name)?.ToString());
    }

    /// <summary>
    /// What code says of a request. It stands as it is, so that an <c>ILimiter</c> that is told the same subject counts the same, but for
    /// what marks other subjects: a leading <c>~</c> becomes <c>~0</c>.
    /// </summary>
    public sealed record CodeValue(Func<HttpContext, string?> Key) : RecipePart
    {
        public override string ValueOf(HttpContext context)
        {
            var value = Key(context);
            if (string.IsNullOrEmpty(value))
                return KeyRecipe.Escape(null);
            return value[0] == '~' ? $"~0{value.AsSpan(1)}" : value;
        }
    }
}
