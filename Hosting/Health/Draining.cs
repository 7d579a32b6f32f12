namespace OrleansLimiter.Hosting.Health;

/// <summary>
/// Goes on serving for a while after readiness has become 503: a load balancer that keeps connections open sends requests until it has
/// asked for readiness again, and a connection that is closed under a request fails it.
/// </summary>
/// <param name="time">How long.</param>
/// <param name="clock">The clock.</param>
internal sealed class Draining(TimeSpan time, TimeProvider clock) : IHostedLifecycleService
{
    public Task StoppingAsync(CancellationToken cancellationToken) =>
        Task.Delay(time, clock, cancellationToken)
            .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
