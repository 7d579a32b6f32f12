using System.Globalization;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Conformance;

/// <summary>
/// What every engine keeps to about who may have how many keys: a tenant fills its own quota and nobody else's, no caller uses up the
/// service's own, and of the service's own policies each has a part that no other uses up. Keys that are there are not affected.
/// </summary>
public static class QuotaSuite
{
    private static readonly LimitSpec TenAnHour = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromHours(1)));

    // Of one key that has had one permit taken of ten an hour.
    private const long WholeAfter = 360_000_000;

    // Keys that are charged under a request id.
    private const int Charged = 5;

    /// <summary>Plays it all.</summary>
    /// <param name="target">An engine without keys, and its quotas.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that ends when all is played.</returns>
    /// <exception cref="QuotaException">Something else came out; the message says what.</exception>
    public static async Task RunAsync(IQuotaTarget target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var play = new Play(target, cancellationToken);
        var flood = KeyScope.Of("flood", "default");
        var login = KeyScope.Of(KeyScope.OwnTenant, "login-account");

        await play.FillAsync(flood, target.PerTenant, 3 * target.PerTenant);
        await play.MustBeKnownAsync(flood);
        await play.MustMakeAsync(KeyScope.Of("other", "default"), target.PerTenant / 2, "another tenant's");
        await play.MustMakeAsync(
            KeyScope.Of(KeyScope.OwnTenant, "browse-ip"), target.OwnPerPolicy / 2, "the service's own, though a tenant's quota is full");

        var buyer = KeyScope.Of("third", "default");
        await play.ChargeUnderIdsAsync(buyer);
        foreach (var tenant in (string[])["other", "third", "fourth", "fifth", "sixth"])
            await play.FillAsync(KeyScope.Of(tenant, "default"), null, target.Callers);
        await play.MustMakeAsync(
            KeyScope.Of(KeyScope.OwnTenant, "signup-ip"), target.OwnPerPolicy / 2, "the service's own, though all callers' quota is full");

        await play.FillAsync(login, target.OwnPerPolicy + target.OwnCommon, 3 * target.Own);
        await play.MustMakeAsync(KeyScope.Of(KeyScope.OwnTenant, "buy-ticket"), target.OwnPerPolicy / 2,
            "another own policy's, though one has filled what is for any of them");
        await play.MustBeKnownAsync(login);
        await play.MustBeKnownAsync(flood);
        await play.MustGiveBackAsync(buyer);
    }

    private sealed class Play(IQuotaTarget target, CancellationToken cancellationToken)
    {
        private long _subject;

        /// <summary>
        /// Makes keys until so many were refused in a row, and compares how many there are; null: as many as there is room for.
        /// </summary>
        public async Task FillAsync(KeyScope scope, long? expected, long attempts)
        {
            var (made, refused) = (0L, 0);
            for (var i = 0L; i < attempts && refused < 50; i++)
            {
                var reply = await MakeAsync(scope, i, Operation.Acquire);
                if (!reply.IsFault)
                {
                    (made, refused) = (made + 1, 0);
                    continue;
                }

                refused++;

                // An engine that is full of all callers' keys may have another answer in its place.
                if (expected is null && reply.Fault.Kind == EngineFaultKind.Overloaded)
                    continue;
                Check(reply.Fault.Kind == EngineFaultKind.KeyTableFull, $"a full quota is {reply.Fault.Kind}");
                Check(reply.Fault.RetryAfter.Microseconds is > 0 and <= 3_600_000_000,
                    $"whoever finds {scope} full is told to wait {reply.Fault.RetryAfter.Microseconds} us");
                Check(!target.TellsWhenExactly || reply.Fault.RetryAfter.Microseconds <= WholeAfter,
                    $"the first key is whole sooner than in {reply.Fault.RetryAfter.Microseconds} us");
                var look = await MakeAsync(scope, i, Operation.Peek);
                Check(look.Fault.Kind == EngineFaultKind.KeyTableFull, "a peek says otherwise than the acquire");
            }

            if (expected is { } keys)
            {
                Check(
                    Math.Abs(made - keys) <= keys * target.Tolerance,
                    string.Create(CultureInfo.InvariantCulture, $"{scope} has {made} keys, and its quota is {keys}"));
            }
        }

        /// <summary>The first keys are decided, however full it is.</summary>
        public async Task MustBeKnownAsync(KeyScope scope)
        {
            for (var i = 0; i < 20; i++)
            {
                var reply = await MakeAsync(scope, i, Operation.Acquire);
                Check(!reply.IsFault && reply.Decision.Remaining < 9, $"a key that was there before {scope} was full is not known");
            }
        }

        /// <summary>Charges a few keys, each under a request id.</summary>
        public async Task ChargeUnderIdsAsync(KeyScope scope)
        {
            for (var i = 0; i < Charged; i++)
            {
                var reply = await UnderIdAsync(scope, i, Operation.Acquire);
                Check(!reply.IsFault, $"a key of {scope} is not made: {reply.Fault.Kind}");
            }
        }

        /// <summary>
        /// A full quota keeps nobody from giving back what was charged under a request id, though that must be remembered too.
        /// </summary>
        public async Task MustGiveBackAsync(KeyScope scope)
        {
            for (var i = 0; i < Charged; i++)
            {
                var before = await MakeAsync(scope, i, Operation.Peek);
                var reply = await UnderIdAsync(scope, i, Operation.Refund);
                Check(!reply.IsFault && reply.Decision.Remaining == before.Decision.Remaining + 1,
                    $"{scope} is full, so that nothing can be given back: {reply.Fault.Kind}");
            }
        }

        public async Task MustMakeAsync(KeyScope scope, long keys, string whose)
        {
            for (var i = 0L; i < keys; i++)
            {
                var reply = await MakeAsync(scope, 1_000_000 + _subject++, Operation.Acquire);
                Check(!reply.IsFault, string.Create(
                    CultureInfo.InvariantCulture, $"there is no room for {whose}: {reply.Fault.Kind} after {i} of {keys} keys"));
            }
        }

        private async Task<EngineReply> UnderIdAsync(KeyScope scope, long subject, Operation operation)
        {
            await target.SettleAsync(cancellationToken);
            return await target.Engine.ExecuteAsync(
                new LimitRequest(KeyOf(scope, subject), TenAnHour, operation, Permits.One, RequestId.Of("order-1")), cancellationToken);
        }

        private async Task<EngineReply> MakeAsync(KeyScope scope, long subject, Operation operation)
        {
            // A look is asked right behind the acquire that it is compared with.
            if (operation != Operation.Peek)
                await target.SettleAsync(cancellationToken);
            return await target.Engine.ExecuteAsync(
                new LimitRequest(KeyOf(scope, subject), TenAnHour, operation, Permits.One), cancellationToken);
        }

        private static SubjectKey KeyOf(KeyScope scope, long subject) =>
            SubjectKey.Of(scope, string.Create(CultureInfo.InvariantCulture, $"user-{subject}"));

        private static void Check(bool isSo, string otherwise)
        {
            if (!isSo)
                throw new QuotaException(otherwise);
        }
    }
}

/// <summary>An engine without keys whose quotas are to be tried, in numbers of plain keys.</summary>
public interface IQuotaTarget
{
    /// <summary>The engine.</summary>
    ILimitEngine Engine { get; }

    /// <summary>The quota of all callers together: at most four times <see cref="PerTenant"/>.</summary>
    long Callers { get; }

    /// <summary>The quota of one tenant: more than 40.</summary>
    long PerTenant { get; }

    /// <summary>The quota of the service's own tenant.</summary>
    long Own { get; }

    /// <summary>How much of it is reserved for each policy.</summary>
    long OwnPerPolicy { get; }

    /// <summary>How much of it is for any policy.</summary>
    long OwnCommon { get; }

    /// <summary>How far a number of keys may be off its quota, as a share of that.</summary>
    double Tolerance { get; }

    /// <summary>Whether it knows exactly when the first key is whole.</summary>
    bool TellsWhenExactly { get; }

    /// <summary>
    /// Called before each request but peeks: lets the engine find out how many keys there are, where it does that beside requests.
    /// </summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>When it has.</returns>
    ValueTask SettleAsync(CancellationToken cancellationToken);
}

/// <summary>An engine does not keep to a quota.</summary>
public sealed class QuotaException : Exception
{
    internal QuotaException(string message)
        : base(message)
    {
    }
}
