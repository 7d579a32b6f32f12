using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

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
            ("header", false) when IsToken(name) => new Header(name.ToLowerInvariant()),
            ("route", false) when IsIdentifier(name) => new RouteValue(name.ToLowerInvariant()),
            _ => null,
        };
    }

    // RFC 9110's token without +, which separates the parts of a recipe.
    private static bool IsToken(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*-.^_`|~".Contains(c, StringComparison.Ordinal));

    private static bool IsIdentifier(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary><c>ip</c>: the client's address.</summary>
    public sealed record Address : RecipePart
    {
        /// <inheritdoc />
        public override string ValueOf(HttpContext context) => ClientAddress.Of(context);
    }

    /// <summary><c>user</c>: the authenticated user's <c>sub</c>; without one, the client's address, marked as such.</summary>
    public sealed record User : RecipePart
    {
        /// <inheritdoc />
        public override string ValueOf(HttpContext context)
        {
            var user = context.User;
            var id = user.Identity?.IsAuthenticated == true
                ? user.FindFirst("sub")?.Value ?? user.FindFirst(ClaimTypes.NameIdentifier)?.Value
                : null;
            return string.IsNullOrEmpty(id) ? "~@" + ClientAddress.Of(context) : KeyRecipe.Escape(id);
        }
    }

    /// <summary><c>tenant</c>: the tenant that the request's API key names.</summary>
    public sealed record CallerTenant : RecipePart
    {
        /// <inheritdoc />
        public override string ValueOf(HttpContext context) => KeyRecipe.Escape(NameOf(context));

        private static string? NameOf(HttpContext context) =>
            ApiKey.TryFindTenant(context, context.RequestServices.GetRequiredService<TenantDirectory>(), out var tenant) ? tenant.Name : null;
    }

    /// <summary><c>header:X-Name</c>: a request header; several of one name count as one value, joined by commas.</summary>
    public sealed record Header(string Name) : RecipePart
    {
        /// <inheritdoc />
        public override string ValueOf(HttpContext context) => KeyRecipe.Escape(context.Request.Headers[Name]);
    }

    /// <summary><c>route:id</c>: a value of the route.</summary>
    public sealed record RouteValue(string Name) : RecipePart
    {
        /// <inheritdoc />
        public override string ValueOf(HttpContext context) => KeyRecipe.Escape(context.GetRouteValue(Name)?.ToString());
    }
}
