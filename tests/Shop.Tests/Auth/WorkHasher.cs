using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>
/// Writes down the work that the framework's hasher would do, in iterations, instead of doing it. Its hashes have the framework's format,
/// so that the iterations of a check are those of the hash that is checked against. Safe for use by many threads.
/// </summary>
internal sealed class WorkHasher : IPasswordHasher<User>
{
    private const int Header = 13;
    private const int Salt = 16;
    private readonly ConcurrentQueue<int> _work = new();

    /// <summary>The iterations of each hashing since the last call.</summary>
    public IReadOnlyList<int> TakeWork()
    {
        var taken = new List<int>();
        while (_work.TryDequeue(out var iterations))
            taken.Add(iterations);
        return taken;
    }

    /// <inheritdoc />
    public string HashPassword(User user, string password)
    {
        _work.Enqueue(Passwords.Iterations);
        return Convert.ToBase64String(Make(RandomNumberGenerator.GetBytes(Salt), password));
    }

    /// <inheritdoc />
    public PasswordVerificationResult VerifyHashedPassword(User user, string hashedPassword, string providedPassword)
    {
        var hash = Convert.FromBase64String(hashedPassword);
        _work.Enqueue((int)BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(5)));
        return hash.AsSpan().SequenceEqual(Make(hash[Header..(Header + Salt)], providedPassword))
            ? PasswordVerificationResult.Success
            : PasswordVerificationResult.Failed;
    }

    private static byte[] Make(byte[] salt, string password)
    {
        var head = new byte[Header];
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(5), Passwords.Iterations);
        return [.. head, .. salt, .. SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(password)])];
    }
}
