namespace OrleansLimiter.Api.Auth;

/// <summary>
/// Told of every sign-up: where production plugs in "confirm by mail". Whether an address was new is said to its owner alone, never to whoever asked. Both
/// calls must take the same time, so an implementation hands over to a queue and returns.
/// </summary>
public interface IAccountNotifier
{
    /// <summary>An account was made.</summary>
    /// <param name="userId">Its id.</param>
    /// <param name="email">Its address.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <returns>When it is handed over.</returns>
    ValueTask SignedUpAsync(Guid userId, string email, CancellationToken cancellationToken);

    /// <summary>Somebody signed up with the address of an account that exists; nothing was changed.</summary>
    /// <param name="email">The address.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <returns>When it is handed over.</returns>
    ValueTask SignedUpAgainAsync(string email, CancellationToken cancellationToken);
}
