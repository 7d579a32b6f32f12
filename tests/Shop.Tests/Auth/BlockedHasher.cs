using Microsoft.AspNetCore.Identity;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>Hashes nothing until it is released; every password is wrong. Safe for use by many threads.</summary>
internal sealed class BlockedHasher : IPasswordHasher<User>
{
    private readonly TaskCompletionSource _gate = new();
    private int _running;
    private int _most;

    /// <summary>How many run.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>The most that ran at once.</summary>
    public int MostAtOnce => Volatile.Read(ref _most);

    /// <summary>Lets all go on.</summary>
    public void Release() => _gate.TrySetResult();

    /// <inheritdoc />
    public string HashPassword(User user, string password)
    {
        Work();
        return "none";
    }

    /// <inheritdoc />
    public PasswordVerificationResult VerifyHashedPassword(User user, string hashedPassword, string providedPassword)
    {
        Work();
        return PasswordVerificationResult.Failed;
    }

    private void Work()
    {
        var running = Interlocked.Increment(ref _running);
        for (var most = _most; running > most; most = _most)
            Interlocked.CompareExchange(ref _most, running, most);
        _gate.Task.Wait(RawConnection.Patience);
        Interlocked.Decrement(ref _running);
    }
}
