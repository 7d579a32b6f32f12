using Microsoft.AspNetCore.Authentication;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Accounts;

/// <summary><c>POST /auth/refresh-token</c> and <c>POST /auth/logout</c>. Safe for use by many threads.</summary>
internal sealed class SessionCalls(Sessions sessions, TokenRefusals refusals)
{
    /// <summary>The limit that an exchange requires.</summary>
    public const string RefreshLimit = ShopPolicies.RefreshIp;

    /// <summary>The limit that a logout requires.</summary>
    public const string LogoutLimit = ShopPolicies.LogoutUser;

    private static readonly BodyField RefreshToken = new("refreshToken", BodyFieldKind.Text);
    private static readonly BodyReader Body = new(RefreshToken);
    private static readonly RequestError NotGood = new(
        StatusCodes.Status401Unauthorized, "refreshToken", "refreshToken is not good: it is unknown, expired or revoked. Log in again.");

    /// <summary>Exchanges a refresh token: 200 and a new pair, or 401.</summary>
    public async Task RefreshAsync(HttpContext context)
    {
        var (body, error) = await JsonBody.ReadFieldsAsync(context.Request, Body);
        var text = body.Text(RefreshToken);
        if (error is null && text is null)
            error = RequestError.WrongType(RefreshToken.Name, "missing", "the refresh token that a login or the last exchange gave");
        if (error is not null)
            await Replies.WriteError(context, error);
        else if (RefreshSecret.TryParse(text!, out var secret) && await sessions.RotateAsync(secret) is { } pair)
            await Replies.WriteJson(context, StatusCodes.Status200OK, pair, AuthJson.Default.TokenPair);
        else
            await Replies.WriteError(context, NotGood);
    }

    /// <summary>
    /// Ends the caller's session: 204, also where it was ended before; 401 where the token names the session of somebody else.
    /// </summary>
    public async Task LogOutAsync(HttpContext context)
    {
        if (context.User.SessionId() is not { } session || await sessions.CloseAsync(session, context.User.UserId()))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        refusals.Count(TokenRefusals.Odd);
        await context.ChallengeAsync();
    }
}
