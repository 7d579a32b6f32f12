using Microsoft.EntityFrameworkCore.Diagnostics;

namespace OrleansLimiter.ServiceKit;

/// <summary>
/// Tells when a service has closed its database: it is given to the service as an interceptor, which the host makes before what opens the
/// database, and so disposes of after it.
/// </summary>
internal sealed class DatabaseEnd : IInterceptor, IDisposable
{
    private readonly TaskCompletionSource _end = new();

    /// <summary>Waits for it.</summary>
    public void Wait()
    {
        if (!_end.Task.Wait(RawConnection.Patience))
            throw new TimeoutException("The service does not close its database.");
    }

    /// <inheritdoc />
    public void Dispose() => _end.TrySetResult();
}
