using OrleansLimiter.Batches;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Redis.Batches;
using OrleansLimiter.Engines.Redis.Quotas;
using OrleansLimiter.Health;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// Redis as an engine: each request is one server-side script, by the server's clock, so all front ends share one
/// counter and one time. Never waits for a connection. A caller's deadline ends its wait, not the command: whether that was charged is not
/// known then. Safe for many threads.
/// </summary>
internal sealed class RedisEngine : ILimitEngine, IPartitionedEngine, IReturningEngine, IEngineHealth, IDisposable
{
    // A state whose rules change again and again while it is asked: a policy changes once, so more than a few times is a fault.
    private const int MaxAttempts = 5;

    private readonly RedisConnection _connection;
    private readonly ScopeTable _scopes;
    private readonly KeyWatch _watch;
    private readonly Batching _batching;
    private readonly Func<Instant>? _clock;
    private readonly int _maxUnanswered;
    private int _unanswered;
    private bool _wasConnected;

    /// <summary>Creates the engine, which begins to connect in the background.</summary>
    /// <param name="options">Which server, and how.</param>
    /// <param name="time">The clock, for pauses between attempts to connect: decisions are made by the server's own.</param>
    /// <exception cref="ArgumentException">A setting breaks its rule, which the message names.</exception>
    public RedisEngine(RedisEngineOptions options, TimeProvider time)
        : this(options, time, null)
    {
    }

    /// <summary>
    /// As above, with a clock in place of the server's: for tests. Keys are then not forgotten, since the server cannot know when.
    /// </summary>
    internal RedisEngine(RedisEngineOptions options, TimeProvider time, Func<Instant>? clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        options.Validate();
        _clock = clock;
        _maxUnanswered = options.MaxUnanswered;
        _batching = new Batching(
            BatchedCall.NewPool(), options.CallsAlone, options.MostInBatch, Now,
            (link, scope, spec, request) => CallAsync(link, scope, spec, request, null), () => Interlocked.Decrement(ref _unanswered));
        var census = new KeyCensus(options.Sizes, options.FrontEnds);
        _scopes = new ScopeTable(options.Application, census);
        _connection = new RedisConnection(options, time, Tell);
        _watch = new KeyWatch(new KeySampler(options.Database, options.Application), census, () => _connection.Link, time);
    }

    /// <summary>
    /// Told of every change of the connection, on a thread of the pool; who begins to listen after the first of them is told at once how it
    /// is. Must not block.
    /// </summary>
    public event Action<RedisConnectionState>? ConnectionChanged
    {
        add => _connection.Changed += value;
        remove => _connection.Changed -= value;
    }

    public event Action? Returned;

    public string Source => "redis";

    /// <summary>How the connection is now.</summary>
    public RedisConnectionState Connection => _connection.State;

    string? IEngineHealth.Problem => Connection.Problem;

    string? IEngineHealth.Risk => Connection.Risk;

    /// <summary>How many commands wait for the server's answer.</summary>
    internal int Unanswered => Volatile.Read(ref _unanswered);

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<EngineReply>(cancellationToken);
        var scope = _scopes.Of(request.Key.Scope);
        var spec = scope.Newest(request.Spec);
        if (!spec.Spec.Supports(request.Operation))
            throw NotSupported(request, spec.Spec);
        if (_connection.Link is not { } link)
            return new(EngineReply.Failed(EngineFault.Unavailable));
        if (Interlocked.Increment(ref _unanswered) > _maxUnanswered)
        {
            Interlocked.Decrement(ref _unanswered);
            return new(EngineReply.Failed(EngineFault.Overloaded));
        }

        // A cluster's keys are in different places, and a script is sent to one.
        BatchLane? lane = null;
        if (BatchMessage.Takes(request) && spec.BatchScript is not null && !link.Shards.IsSplit)
        {
            lane = spec.LaneOf(_batching, scope);
            if (!lane.GoesAlone(link, request, cancellationToken, out var answer))
                return answer;
        }

        var call = CallAsync(link, scope, spec, request, lane);
        return new(cancellationToken.CanBeCanceled ? call.UntilAsync(cancellationToken) : call);
    }

    public int PartitionOf(in SubjectKey key) =>
        _connection.Shards is { IsSplit: true } shards
            ? shards.PartitionOf(_scopes.Of(key.Scope).NamesOf(key.Subject, withIds: false)[0])
            : -1;

    public void Dispose()
    {
        _watch.Dispose();
        _connection.Dispose();
    }

    /// <summary>Looks at once whose keys there are, which is done every half second anyway: for tests.</summary>
    internal Task LookAtKeysAsync() => _watch.LookAsync();

    /// <summary>The bytes that the keys of a tenant are taken to have, or of a policy of the service itself: for tests.</summary>
    internal double BytesOf(KeyScope scope) => _scopes.Of(scope).Keys!.Bytes;

    /// <summary>Forgets which spec of each policy is the newest, as a front end that was restarted: for tests.</summary>
    internal void ForgetSpecs() => _scopes.Clear();

    private void Tell(RedisConnectionState state)
    {
        // What else changed of a connection that was there is no return.
        if (state.IsConnected && !_wasConnected)
            Returned?.Invoke();
        _wasConnected = state.IsConnected;
    }

    private static NotSupportedException NotSupported(in LimitRequest request, LimitSpec spec) =>
        new($"{Core.Algorithms.AlgorithmNames.NameOf(spec.Algorithm)} has no {request.Operation} operation.");

    private long Now() => _clock?.Invoke().Microseconds ?? 0;

    private async Task<EngineReply> CallAsync(
        RedisLink link, ScopeTable.Scope scope, SpecArguments spec, LimitRequest request, BatchLane? lane)
    {
        try
        {
            return await DecideAsync(link, scope, spec, request).ConfigureAwait(false);
        }
        catch (Exception failure) when (RedisFaults.Of(failure) is { } fault)
        {
            return EngineReply.Failed(fault);
        }
        finally
        {
            Interlocked.Decrement(ref _unanswered);
            lane?.End(link);
        }
    }

    private async Task<EngineReply> DecideAsync(RedisLink link, ScopeTable.Scope scope, SpecArguments spec, LimitRequest request)
    {
        var names = scope.NamesOf(request.Key.Subject, withIds: !request.Id.IsNone || request.Operation == Operation.Reset);
        var keys = scope.Keys!;
        var isConfined = keys.IsFull;
        SpecArguments? seen = null;
        var isOther = false;
        var isLent = request.Operation is Operation.Lease or Operation.Return;

        // Whoever is told of a newer spec is told of the one that decides its calls, also where a refund had to be made under another.
        var newer = NewerThan(request.Spec, spec.Spec);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var lease = RequestLease.For(request, spec.Spec);
            var now = Now();
            var pending = isOther
                ? spec.OtherScript.RunAsync(link, names, RequestArguments.OfOther(spec, seen, request, lease, now, isConfined))
                : ((isLent ? spec.LentScript : null) ?? spec.Script).RunAsync(
                    link, names, RequestArguments.Of(spec, request, lease, now, isConfined));
            var bytes = await pending.ConfigureAwait(false);
            switch (ReplyBytes.KindOf(bytes))
            {
                case ReplyKind.Decided:
                    var given = request.Operation == Operation.Release ? LeaseId.None : lease;
                    return EngineReply.Decided(ReplyBytes.Decided(bytes, given, spec.Spec.Algorithm == Algorithm.LeakyBucket), newer);
                case ReplyKind.DecidedNew:
                    keys.Made(KeyCensus.PlainBytes);
                    goto case ReplyKind.Decided;
                case ReplyKind.NoRoom:
                    return EngineReply.Failed(EngineFault.KeyTableFullFor(keys.RoomAfter));
                case ReplyKind.Repeated:
                    return EngineReply.Decided(ReplyBytes.Repeated(bytes, request.Operation), newer);
                case ReplyKind.RequestIdReused:
                    return EngineReply.Failed(EngineFault.RequestIdReused);
                case ReplyKind.PermitsAreOut:
                    isLent = true;
                    continue;
                case ReplyKind.NeedsOtherSpec when scope.Read(ReplyBytes.RulesIn(bytes)) is { } holder:
                    (spec, isOther) = (holder, false);
                    continue;
            }

            if (ReplyBytes.HasBothKinds(bytes))
            {
                (seen, isOther) = (null, true);
                continue;
            }

            if (scope.Read(ReplyBytes.RulesIn(bytes)) is not { } other)
                return EngineReply.Failed(EngineFault.Unavailable);
            isOther = other.Spec.Version.Revision == spec.Spec.Version.Revision;
            if (isOther)
            {
                seen = other;
            }
            else if (other.Spec.Version.IsNewerThan(spec.Spec.Version))
            {
                spec = scope.Newest(other.Spec);
                newer = NewerThan(request.Spec, spec.Spec);
                if (!spec.Spec.Supports(request.Operation))
                    throw NotSupported(request, spec.Spec);
            }
            else
            {
                await AdoptAsync(link, names, spec, other, now).ConfigureAwait(false);
            }
        }

        return EngineReply.Failed(EngineFault.Unavailable);
    }

    private static LimitSpec? NewerThan(LimitSpec named, LimitSpec decided) => decided.Version.IsNewerThan(named.Version) ? decided : null;

    private static async Task AdoptAsync(RedisLink link, RedisKey[] names, SpecArguments spec, SpecArguments old, long now)
    {
        RedisValue[] arguments = [RedisNumbers.Of(now), spec.Longest, spec.Rules, old.Rules, .. spec.WithWindows(), .. old.WithWindows()];
        await Script.Adopt.RunAsync(link, [names[0]], arguments).ConfigureAwait(false);
    }
}
