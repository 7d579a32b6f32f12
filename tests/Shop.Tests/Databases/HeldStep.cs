using OrleansLimiter.ServiceKit;

namespace OrleansLimiter.Shop.Tests.Databases;

/// <summary>
/// Holds one step of the database until it is released, as a slow disk or a starved process would. Safe for use by many threads.
/// </summary>
internal sealed class HeldStep : IDisposable
{
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _released = new(0);
    private int _left;

    /// <summary>Ends when the step is held.</summary>
    public Task Held => _held.Task.WaitAsync(RawConnection.Patience, Xunit.TestContext.Current.CancellationToken);

    /// <summary>Holds the next step, and no other.</summary>
    public void HoldNext() => Volatile.Write(ref _left, 1);

    /// <summary>Lets the held step go on.</summary>
    public void Release() => _released.Release();

    /// <summary>Where a step comes by.</summary>
    public async ValueTask PassAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _left, 0) != 1)
            return;
        _held.SetResult();
        await _released.WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose() => _released.Dispose();
}
