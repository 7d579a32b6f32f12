namespace OrleansLimiter.Api.Auth;

/// <summary>Tells nobody: what there is until a notifier is plugged in.</summary>
internal sealed class SilentNotifier : IAccountNotifier
{
    /// <inheritdoc />
    public ValueTask SignedUpAsync(Guid userId, string email, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc />
    public ValueTask SignedUpAgainAsync(string email, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
