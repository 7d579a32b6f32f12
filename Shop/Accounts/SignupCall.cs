using OrleansLimiter.AspNetCore.Addresses;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// <c>POST /auth/signup</c>. An address that is taken is answered exactly as a new one: the same work, status and body, with a random id.
/// Only the notifier learns the difference. Safe for use by many threads.
/// </summary>
internal sealed class SignupCall(Passwords passwords, Signups signups, TimeProvider time)
{
    /// <summary>The limit that the route requires.</summary>
    public const string Limit = ShopPolicies.SignupIp;

    private static readonly BodyField Email = new("email", BodyFieldKind.Text);
    private static readonly BodyField Password = new("password", BodyFieldKind.Text);
    private static readonly BodyField Name = new("name", BodyFieldKind.Text);
    private static readonly BodyReader Body = new(Email, Password, Name);

    public async Task SignUpAsync(HttpContext context)
    {
        var (body, error) = await JsonBody.ReadFieldsAsync(context.Request, Body);
        error ??= AccountRules.ErrorInEmail(body.Text(Email), isNew: true)
            ?? AccountRules.ErrorInPassword(body.Text(Password), isNew: true, body.Text(Email))
            ?? AccountRules.ErrorInName(body.Text(Name));
        if (error is not null)
        {
            await Replies.WriteError(context, error);
            return;
        }

        var email = AccountRules.Normalized(body.Text(Email)!);

        // None of the account's places: those are for who logs in.
        if (await passwords.HashAsync(body.Text(Password)!, new HashingPlace(ClientAddress.Of(context), null), context.RequestAborted)
            is not { } hash)
        {
            await Replies.WriteBusy(context, "Too many passwords are being hashed.");
            return;
        }

        var user = new User
        {
            Id = Guid.NewGuid(),
            Email = email,
            Name = body.Text(Name)?.Trim() ?? string.Empty,
            PasswordHash = hash,
            CreatedAt = Instant.From(time.GetUtcNow()),
        };
        await signups.AddAsync(user, context.RequestAborted);
        await Replies.WriteJson(context, StatusCodes.Status201Created, new SignedUp(user.Id), AuthJson.Default.SignedUp);
    }
}
