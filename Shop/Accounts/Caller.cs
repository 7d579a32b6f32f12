using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>Who calls, of a request whose access token was found good.</summary>
internal static class Caller
{
    public static Guid UserId(this ClaimsPrincipal caller) => Guid.Parse(caller.FindFirstValue(JwtRegisteredClaimNames.Sub)!);

    /// <summary>The session's id; null where the token belongs to none.</summary>
    public static Guid? SessionId(this ClaimsPrincipal caller) =>
        Guid.TryParse(caller.FindFirstValue(AccessTokens.Session), out var session) ? session : null;
}
