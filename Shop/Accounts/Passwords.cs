using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// Hashes and checks passwords by the framework's hasher (PBKDF2, HMAC-SHA512), within the bounds of the <see cref="HashingQueue"/>. An
/// account that does not exist costs the same work as one that does. Safe for use by many threads.
/// </summary>
internal sealed class Passwords(IPasswordHasher<User> hasher, HashingQueue queue)
{
    /// <summary>The fewest characters of a password.</summary>
    public const int MinLength = 12;

    public const int MaxLength = 128;

    /// <summary>How often the hash is applied: OWASP's figure for PBKDF2 with SHA-512.</summary>
    public const int Iterations = 220_000;

    private static readonly User Nobody = new();
    private static readonly string HashOfNobody = MakeHashOfNobody();

    /// <summary>Hashes a new password.</summary>
    /// <param name="password">The password.</param>
    /// <param name="place">For whom.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The hash; null if too many wait.</returns>
    public Task<string?> HashAsync(string password, HashingPlace place, CancellationToken cancellationToken) =>
        queue.RunAsync(place, () => hasher.HashPassword(Nobody, password), cancellationToken);

    /// <summary>Checks a password that was presented.</summary>
    /// <param name="user">Whose it should be; null: nobody's, after the same work.</param>
    /// <param name="password">The password.</param>
    /// <param name="place">For whom.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether it is right, and a newer hash where the stored one was made with other parameters; null if too many wait.</returns>
    public Task<PasswordCheck?> CheckAsync(User? user, string password, HashingPlace place, CancellationToken cancellationToken) =>
        queue.RunAsync(place, () => Check(user, password), cancellationToken);

    private PasswordCheck Check(User? user, string password)
    {
        var result = hasher.VerifyHashedPassword(user ?? Nobody, user?.PasswordHash ?? HashOfNobody, password);
        return new PasswordCheck(
            user is not null && result != PasswordVerificationResult.Failed,
            user is not null && result == PasswordVerificationResult.SuccessRehashNeeded ? hasher.HashPassword(user, password) : null);
    }

    /// <summary>
    /// A hash in the framework's format (version 3) that no password is known for: random bytes under the parameters of real ones.
    /// </summary>
    private static string MakeHashOfNobody()
    {
        const int Salt = 16;
        const int Header = 13;
        var hash = new byte[Header + Salt + 32];
        RandomNumberGenerator.Fill(hash.AsSpan(Header));
        hash[0] = 0x01; // the format
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(1), 2); // HMAC-SHA512
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(5), Iterations);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(9), Salt);
        return Convert.ToBase64String(hash);
    }
}

/// <summary>What came of checking a password.</summary>
/// <param name="IsRight">Whether it is the account's.</param>
/// <param name="NewerHash">What to store instead; null: nothing.</param>
internal sealed record PasswordCheck(bool IsRight, string? NewerHash);
