namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// Told of sign-ups, at most once an hour for an address: where production plugs in "confirm by mail". Where one is plugged in, nobody logs
/// in to an account before its owner has confirmed the address (<c>POST /auth/confirm</c>). Whether an address was new is said to its owner
/// alone, never to whoever asked. Both calls must take the same time, so an implementation hands over to a queue and returns.
/// </summary>
public interface IAccountNotifier
{
    /// <summary>Somebody signed up with an address that nobody has confirmed.</summary>
    /// <param name="userId">The account's id.</param>
    /// <param name="email">The address.</param>
    /// <param name="confirmation">What the owner of the address sends to <c>POST /auth/confirm</c>, with the password that shall be the
    /// account's: good for a day, once. A secret: to be sent to that address alone.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <returns>When it is handed over.</returns>
    ValueTask SignedUpAsync(Guid userId, string email, string confirmation, CancellationToken cancellationToken);

    /// <summary>Somebody signed up with the address of an account that exists; nothing was changed.</summary>
    /// <param name="email">The address.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <returns>When it is handed over.</returns>
    ValueTask SignedUpAgainAsync(string email, CancellationToken cancellationToken);
}
