using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Shop.Payments;

namespace OrleansLimiter.Shop.Tests.Tickets;

/// <summary>
/// Ends a front end at a chosen step: just before a commit, just after one (so that nobody learns of it), before the gateway is asked, or
/// after it has answered. From then on nothing that it tries takes effect, as if its process had been killed, until it is revived. Safe for
/// use by many threads.
/// </summary>
internal sealed class Crash : DbTransactionInterceptor
{
    private int _left = int.MaxValue;
    private bool _isDead;

    /// <summary>Whether the step has come.</summary>
    public bool IsDead => Volatile.Read(ref _isDead);

    /// <summary>Puts this in the way of a front end's database and gateway.</summary>
    public void Configure(IServiceCollection services)
    {
        services.AddSingleton<IInterceptor>(this);
        services.AddSingleton<SandboxGateway>();
        services.AddSingleton<IPaymentGateway>(provider => new Gateway(provider.GetRequiredService<SandboxGateway>(), this));
    }

    /// <summary>Lives until the given step, counted from 1.</summary>
    public void At(int step)
    {
        Volatile.Write(ref _isDead, false);
        Volatile.Write(ref _left, step);
    }

    /// <summary>Lives.</summary>
    public void Revive() => At(int.MaxValue);

    /// <inheritdoc />
    public override ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(
        DbConnection connection, TransactionStartingEventData eventData, InterceptionResult<DbTransaction> result,
        CancellationToken cancellationToken = default)
    {
        ThrowIfDead();
        return new(result);
    }

    /// <inheritdoc />
    public override ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        Step();
        return new(result);
    }

    /// <inheritdoc />
    public override Task TransactionCommittedAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Step();
        return Task.CompletedTask;
    }

    private void Step()
    {
        ThrowIfDead();
        if (Interlocked.Decrement(ref _left) > 0)
            return;
        Volatile.Write(ref _isDead, true);
        ThrowIfDead();
    }

    private void ThrowIfDead()
    {
        if (IsDead)
            throw new CrashException();
    }

    private sealed class Gateway(SandboxGateway inner, Crash crash) : IPaymentGateway
    {
        public Task<ChargeResult> ChargeAsync(PaymentIntent intent, CardNumber card, CancellationToken cancellationToken) =>
            AroundAsync(() => inner.ChargeAsync(intent, card, cancellationToken));

        public Task<IntentState> CloseAsync(Guid intentId, CancellationToken cancellationToken) =>
            AroundAsync(() => inner.CloseAsync(intentId, cancellationToken));

        public Task RefundAsync(Guid intentId, CancellationToken cancellationToken) => AroundAsync(async () =>
        {
            await inner.RefundAsync(intentId, cancellationToken);
            return true;
        });

        private async Task<T> AroundAsync<T>(Func<Task<T>> call)
        {
            crash.Step();
            var answer = await call();
            crash.Step();
            return answer;
        }
    }
}

/// <summary>The process is dead.</summary>
internal sealed class CrashException() : Exception("The front end was killed by the test.");
