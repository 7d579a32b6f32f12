using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Limiter.Tests.Resilience;

/// <summary>Plays the remote engine: an owner of keys behind a link that the test breaks. For one thread at a time.</summary>
internal sealed class FakeRemote : ILimitEngine, IPartitionedEngine, IReturningEngine
{
    private readonly ILimitEngine _owner;

    public FakeRemote(TimeProvider time)
        : this(new KeyedEngine(time))
    {
    }

    /// <summary>Another way to the same owner, as another front end has.</summary>
    public FakeRemote(ILimitEngine owner)
    {
        _owner = owner;
        Link = Up;
    }

    public event Action? Returned;

    public string Source => "cluster";

    /// <summary>What becomes of a request.</summary>
    public Func<LimitRequest, CancellationToken, ValueTask<EngineReply>> Link { get; set; }

    /// <summary>Everything that was sent.</summary>
    public List<LimitRequest> Sent { get; } = [];

    /// <summary>Which partition a subject belongs to; by default none is known.</summary>
    public Func<string, int> Partition { get; set; } = _ => -1;

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        Sent.Add(request);
        return Link(request, cancellationToken);
    }

    public int PartitionOf(in SubjectKey key) => Partition(key.Subject);

    /// <summary>Says that it is back.</summary>
    public void SayBack() => Returned?.Invoke();

    /// <summary>The owner decides.</summary>
    public ValueTask<EngineReply> Up(LimitRequest request, CancellationToken cancellationToken) =>
        _owner.ExecuteAsync(request, CancellationToken.None);

    /// <summary>The owner cannot be reached.</summary>
    public static ValueTask<EngineReply> Away(LimitRequest request, CancellationToken cancellationToken) =>
        new(EngineReply.Failed(EngineFault.Unavailable));

    /// <summary>The owner decides, and its reply is lost.</summary>
    public ValueTask<EngineReply> Deaf(LimitRequest request, CancellationToken cancellationToken)
    {
        var decided = _owner.ExecuteAsync(request, CancellationToken.None);
        Assert.True(decided.IsCompletedSuccessfully);
        return new(EngineReply.Failed(EngineFault.Unavailable));
    }

    /// <summary>Nothing ever comes back, and nothing is cancelled.</summary>
    public static ValueTask<EngineReply> Frozen(LimitRequest request, CancellationToken cancellationToken) =>
        new(new TaskCompletionSource<EngineReply>().Task);

    /// <summary>Nothing comes back until it is cancelled.</summary>
    public static ValueTask<EngineReply> Patient(LimitRequest request, CancellationToken cancellationToken)
    {
        var never = new TaskCompletionSource<EngineReply>();
        cancellationToken.Register(() => never.TrySetCanceled(cancellationToken));
        return new(never.Task);
    }
}
