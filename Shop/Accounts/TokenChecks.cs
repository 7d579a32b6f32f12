using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// What a token must be beyond its signature, its time and whom it is for: it speaks for a user who exists, and asks for nothing by
/// <c>crit</c> (RFC 7515, 4.1.11: who does not understand what is critical must refuse). Safe for use by many threads.
/// </summary>
internal sealed class TokenChecks(KnownUsers users, TokenRefusals refusals)
{
    private const string Critical = "crit";
    private const string GuidFormat = "D";

    /// <summary>Makes the framework ask here.</summary>
    public JwtBearerEvents Events() => new() { OnTokenValidated = CheckAsync, OnAuthenticationFailed = CountAsync };

    private Task CountAsync(AuthenticationFailedContext context)
    {
        refusals.Count(TokenRefusals.NotGood);
        return Task.CompletedTask;
    }

    private async Task CheckAsync(TokenValidatedContext context)
    {
        if (context.SecurityToken is not JsonWebToken token || UserOf(token) is not { } user)
            Refuse(context, TokenRefusals.Odd);
        else if (!await users.ExistsAsync(user, context.HttpContext.RequestAborted))
            Refuse(context, TokenRefusals.UnknownUser);
    }

    /// <summary>The user whom a token speaks for; null: it is odd.</summary>
    private static Guid? UserOf(JsonWebToken token)
    {
        var isOdd = token.TryGetHeaderValue<object>(Critical, out _)
            || (token.TryGetPayloadValue<object>(AccessTokens.Session, out _) && !IsId(token, AccessTokens.Session, out _));
        return !isOdd && IsId(token, JwtRegisteredClaimNames.Sub, out var user) ? user : null;
    }

    private static bool IsId(JsonWebToken token, string claim, out Guid id)
    {
        id = default;
        return token.TryGetPayloadValue<object>(claim, out var value) && value is string text
            && Guid.TryParseExact(text, GuidFormat, out id);
    }

    private void Refuse(TokenValidatedContext context, string reason)
    {
        refusals.Count(reason);
        context.Fail("refused");
    }
}
