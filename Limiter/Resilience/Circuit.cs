using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using Polly;
using Polly.CircuitBreaker;
using PollyOutcome = Polly.Outcome;

namespace OrleansLimiter.Resilience;

/// <summary>
/// One circuit breaker. While it is closed calls go past it and their replies are recorded, so that what says nothing of the engine (a
/// refusal by this process, a caller who went away) need not be; else a call goes through it and is turned away or is the probe. Safe for
/// use by many threads.
/// </summary>
internal sealed class Circuit
{
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly CircuitBreakerManualControl _control = new();
    private readonly ResiliencePipeline<EngineReply> _pipeline;

    public Circuit(int faultPercent, ResilienceSettings settings, TimeProvider time, Func<double> random, Action<CircuitState> changed)
    {
        var options = new CircuitBreakerStrategyOptions<EngineReply>
        {
            FailureRatio = faultPercent / 100.0,
            MinimumThroughput = settings.MinimumCalls,
            SamplingDuration = settings.Window,
            BreakDurationGenerator = _ => new(settings.Pause + settings.Pause * (random() / 2)),
            StateProvider = _state,
            ManualControl = _control,
            // What this process answered itself, such as that too many calls are in flight, says nothing of the engine: a probe that meets
            // it must not close the circuit.
            ShouldHandle = static result => new(result.Outcome.Exception is not (null or NotSupportedException)
                || result.Outcome.Result.Fault.IsSilence
                || result.Outcome.Result.Source == ReplySource.Local),
            OnOpened = _ => Changed(CircuitState.Open),
            OnHalfOpened = _ => Changed(CircuitState.HalfOpen),
            OnClosed = _ => Changed(CircuitState.Closed),
        };
        _pipeline = new ResiliencePipelineBuilder<EngineReply> { TimeProvider = time }.AddCircuitBreaker(options).Build();

        ValueTask Changed(CircuitState state)
        {
            changed(state);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Whether calls may go past it.</summary>
    public bool IsClosed => _state.CircuitState == CircuitState.Closed;

    /// <summary>Closes it: the engine was seen to answer.</summary>
    public Task CloseAsync() => _control.CloseAsync(CancellationToken.None);

    /// <summary>Records the reply of a call that went past it.</summary>
    public ValueTask RecordAsync(in EngineReply reply)
    {
        if (reply.Source == ReplySource.Local)
            return ValueTask.CompletedTask;
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false);
        var recording = _pipeline.ExecuteOutcomeAsync(static (_, reply) => PollyOutcome.FromResultAsValueTask(reply), context, reply);
        if (!recording.IsCompletedSuccessfully)
            return Recorded(recording, context);
        _ = recording.Result;
        ResilienceContextPool.Shared.Return(context);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Turns a call away, or makes it the one that sees whether the engine is back. The probe's caller cannot end it: its result is
    /// everybody's.
    /// </summary>
    public async ValueTask<EngineReply> ProbeAsync(Func<LimitRequest, CancellationToken, ValueTask<EngineReply>> call, LimitRequest request)
    {
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false);
        var outcome = await _pipeline.ExecuteOutcomeAsync(
            static async (_, probe) =>
            {
                try
                {
                    return PollyOutcome.FromResult(await probe.call(probe.request, CancellationToken.None).ConfigureAwait(false));
                }
                catch (NotSupportedException answer)
                {
                    return PollyOutcome.FromException<EngineReply>(answer);
                }
            },
            context,
            (call, request)).ConfigureAwait(false);
        ResilienceContextPool.Shared.Return(context);
        if (outcome.Exception is not BrokenCircuitException broken)
        {
            outcome.ThrowIfException();
            return outcome.Result;
        }

        var retryAfter = Wait.OfMicroseconds((long)Math.Ceiling((broken.RetryAfter ?? TimeSpan.Zero).TotalMicroseconds));
        return EngineReply.Failed(new EngineFault(EngineFaultKind.Unavailable, retryAfter)).From(ReplySource.Local);
    }

    private static async ValueTask Recorded(ValueTask<Outcome<EngineReply>> recording, ResilienceContext context)
    {
        await recording.ConfigureAwait(false);
        ResilienceContextPool.Shared.Return(context);
    }
}
