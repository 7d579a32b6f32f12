namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// Tells nobody: what there is until a notifier is plugged in. Then accounts need no confirmation, so whoever signs up and logs in with the
/// same password learns whether the address was taken: that cannot be hidden without a way to its owner.
/// </summary>
internal sealed class SilentNotifier : IAccountNotifier
{
    public ValueTask SignedUpAsync(Guid userId, string email, string confirmation, CancellationToken cancellationToken) =>
        ValueTask.CompletedTask;

    public ValueTask SignedUpAgainAsync(string email, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
