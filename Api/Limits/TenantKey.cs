using OrleansLimiter.AspNetCore;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Api.Limits;

/// <summary>
/// Finds the tenant that calls. Wrong API keys get 401, thirty a minute from one address, then 429, and from then on a key is not believed
/// that was not found from that address before (<see cref="KeyGuesses"/>); callers without a key guess nothing. Safe for use by many
/// threads.
/// </summary>
internal sealed class TenantKey(TenantDirectory tenants, TimeProvider time) : IDisposable
{
    private const int GuessesPerMinute = 30;

    private static readonly RequestError Unknown = new(
        StatusCodes.Status401Unauthorized, ApiKey.Header, "X-Api-Key is missing or unknown: it must be the API key of a tenant.");

    private readonly KeyGuesses _guesses = new("api-key", GuessesPerMinute, "Too many wrong API keys.", time);

    /// <summary>Finds it.</summary>
    /// <returns>What is wrong, to be answered by <see cref="WriteErrorAsync"/>; null if nothing is.</returns>
    public RequestError? Find(HttpContext context, out Tenant? tenant) =>
        ApiKey.TryFindTenant(context, tenants, out tenant) && (tenant.IsPublic || _guesses.IsBelieved(context, tenant.Name))
            ? null
            : Unknown;

    /// <summary>Writes an error; that the tenant was not found counts as a guess, if there was a key.</summary>
    public Task WriteErrorAsync(HttpContext context, RequestError error) =>
        ReferenceEquals(error, Unknown) && context.Request.Headers.ContainsKey(ApiKey.Header)
            ? _guesses.RefuseAsync(context, error)
            : Replies.WriteError(context, error);

    public void Dispose() => _guesses.Dispose();
}
