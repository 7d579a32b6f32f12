using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Limiter.Tests;

/// <summary>An engine that answers what the test says, and remembers what it was asked.</summary>
internal sealed class ScriptedEngine : ILimitEngine
{
    private int _asked;

    public string Source { get; init; } = "memory";

    /// <summary>What it answers; a decision that admits unless told otherwise.</summary>
    public Func<LimitRequest, ValueTask<EngineReply>> Answer { get; set; } = _ => new(EngineReply.Decided(new Decision
    {
        Remaining = 9,
        Limit = 10,
        Charged = 1,
    }));

    /// <summary>The last request.</summary>
    public LimitRequest Last { get; private set; }

    /// <summary>How many requests came.</summary>
    public int Asked => _asked;

    public void Answers(EngineReply reply) => Answer = _ => new(reply);

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _asked++;
        Last = request;
        return Answer(request);
    }
}
