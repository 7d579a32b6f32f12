using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.AspNetCore.Addresses;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.AspNetCore.Gate;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Policies;
using OrleansLimiter.Service;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Settings;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// The limits of a login: the pair (account, address), the account (beside which newcomers have a limit of their own), the address, in this
/// order; when one refuses, those asked before give their permits back. They count the account of the body, whether or not it exists, under
/// a keyed hash of its address, so that no engine ever holds an e-mail address, and nobody who reads one can try addresses. All front ends
/// have the key from the same JWT_SECRET; under another secret the counts begin anew. Safe for use by many threads.
/// </summary>
internal sealed class LoginLimits
{
    private readonly LimitService _service;
    private readonly ServiceDbFactory _databases;
    private readonly TimeProvider _time;
    private readonly LimitHandle _pair;
    private readonly LimitHandle _account;
    private readonly LimitHandle _address;
    private readonly LimitHandle _newcomer;
    private readonly LimitHeaders _headers;
    private readonly byte[] _key;

    /// <exception cref="LimiterConfigurationException">One of them does not exist.</exception>
    public LoginLimits(PolicyCatalog policies, LimitService service, LimitHeaders headers, ServiceDbFactory databases,
        TokenSettings tokens, TimeProvider time)
    {
        _service = service;
        _databases = databases;
        _time = time;
        _headers = headers;
        _key = tokens.DeriveKey("subjects of login limits");
        _pair = HandleOf(ShopPolicies.LoginAccountIp);
        _account = HandleOf(ShopPolicies.LoginAccount);
        _address = HandleOf(ShopPolicies.LoginIp);
        _newcomer = HandleOf(ShopPolicies.LoginAccountNew);

        LimitHandle HandleOf(string name) => policies.TryGet(name, out var policy)
            ? service.HandleFor(Tenant.Own, policy)
            : throw new LimiterConfigurationException(
                [new InvalidValue($"{LimiterOptions.Section}:Policies:{name}", "missing", "must exist, because /auth/login asks it")]);
    }

    /// <summary>Charges one attempt, and puts the answers into the headers of its response.</summary>
    /// <param name="context">The request.</param>
    /// <param name="email">The account's address, normalised; null where the body is of the wrong shape: then the address alone is
    /// charged.</param>
    /// <returns>What was charged.</returns>
    public async ValueTask<LoginCharges> AskAsync(HttpContext context, string? email)
    {
        LimitHandle[] required = email is null ? [_address] : [_pair, _account, _address];
        var charges = new LoginCharges(RequestLimits.Apart(context, _headers, required));
        try
        {
            await AskAllAsync(charges, context, email);
            return charges;
        }
        catch
        {
            await charges.UndoAsync();
            throw;
        }
    }

    private async ValueTask AskAllAsync(LoginCharges charges, HttpContext context, string? email)
    {
        var address = ClientAddress.Of(context);
        if (email is not null)
        {
            var account = SubjectOf(email);
            var pair = await ExecuteAsync(_pair, $"{account}+{address}", Operation.Acquire);
            if (!pair.Answer.IsAllowed)
            {
                var look = await ExecuteAsync(_account, account, Operation.Peek);
                var isBound = !look.Answer.IsAllowed && !await IsKnownAsync(email, address, context.RequestAborted);
                await charges.RefuseAsync([pair, .. isBound ? [look] : Array.Empty<LimitCharge>(),
                    await ExecuteAsync(_address, address, Operation.Peek)]);
                return;
            }

            charges.Add(pair);
            var charge = await ExecuteAsync(_account, account, Operation.Acquire);
            if (charge.Answer.IsAllowed)
            {
                charges.Add(charge);
            }
            else if (!await IsKnownAsync(email, address, context.RequestAborted))
            {
                // A few strangers shall not keep the owner out who comes from a new address: its first attempt of a minute has a limit of
                // its own, which takes many addresses to use up.
                var first = IsFirst(pair) ? await ExecuteAsync(_newcomer, account, Operation.Acquire) : charge;
                if (!first.Answer.IsAllowed)
                {
                    await charges.RefuseAsync([charge, await ExecuteAsync(_address, address, Operation.Peek)]);
                    return;
                }

                charges.Add(first);
            }
        }

        var last = await ExecuteAsync(_address, address, Operation.Acquire);
        if (last.Answer.IsAllowed)
            charges.Add(last);
        else
            await charges.RefuseAsync([last]);
    }

    /// <summary>Whether a pair had its whole limit before this attempt.</summary>
    private static bool IsFirst(LimitCharge pair) =>
        pair.Answer.Kind == LimitAnswerKind.Decided && pair.Answer.Decision.Remaining >= pair.Answer.Spec.Capacity - 1;

    /// <summary>The subject under which an account is counted: 64 hexadecimal digits.</summary>
    public string SubjectOf(string email) => Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(email)));

    // Not under the request's own token: of a call that is given up nobody knows what it charged.
    private async ValueTask<LimitCharge> ExecuteAsync(LimitHandle handle, string subject, Operation operation)
    {
        var key = SubjectKey.Of(handle.Scope, subject);
        return new LimitCharge(_service, key, await _service.ExecuteAsync(handle, key, operation, Permits.One), Permits.One.Count);
    }

    /// <summary>
    /// Whether the account was logged in to from this address of late. Looked up only where the account's limit has refused.
    /// </summary>
    private async Task<bool> IsKnownAsync(string email, string address, CancellationToken cancellationToken)
    {
        var since = Instant.From(_time.GetUtcNow() - KnownAddress.Remembered);
        await using var db = _databases.Create();
        return await db.KnownAddresses
            .AnyAsync(known => known.Address == address && known.LastLoginAt > since
                && db.Users.Any(user => user.Id == known.UserId && user.Email == email), cancellationToken);
    }
}
