using OrleansLimiter.AspNetCore.Addresses;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// <c>POST /auth/confirm</c>: the owner of an address shows what was sent there, and says which password shall be the account's. That of
/// whoever signed up counts for nothing: it may have been a stranger. Safe for use by many threads.
/// </summary>
internal sealed class ConfirmCall(Passwords passwords, Signups signups)
{
    private static readonly BodyField Token = new("token", BodyFieldKind.Text);
    private static readonly BodyField Password = new("password", BodyFieldKind.Text);
    private static readonly BodyReader Body = new(Token, Password);
    private static readonly RequestError NotGood = new(
        StatusCodes.Status401Unauthorized, "token", "token is not good: it is unknown, expired or used. Sign up again.");

    /// <summary>Confirms: 204, or 401.</summary>
    public async Task ConfirmAsync(HttpContext context)
    {
        var (body, error) = await JsonBody.ReadFieldsAsync(context.Request, Body);
        var text = body.Text(Token);
        if (error is null && text is null)
            error = RequestError.WrongType(Token.Name, "missing", "what was sent to the address");
        error ??= AccountRules.ErrorInPassword(body.Text(Password), isNew: true);
        RefreshSecret? secret = null;
        if (error is null)
        {
            error = RefreshSecret.TryParse(text!, out secret) && await signups.FindEmailAsync(secret, context.RequestAborted) is { } email
                ? AccountRules.ErrorInPassword(body.Text(Password), isNew: true, email)
                : NotGood;
        }

        if (error is not null)
        {
            await Replies.WriteError(context, error);
            return;
        }

        if (await passwords.HashAsync(body.Text(Password)!, new HashingPlace(ClientAddress.Of(context), null), context.RequestAborted)
            is not { } hash)
        {
            await Replies.WriteBusy(context, "Too many passwords are being hashed.");
        }
        else if (await signups.ConfirmAsync(secret!, hash))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else
        {
            await Replies.WriteError(context, NotGood);
        }
    }
}
