using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Grains;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>One cluster for all plays: each play names keys of its own.</summary>
/// <param name="silos">The cluster.</param>
/// <param name="restartsOnceIn">Before one in so many requests to a durable key its actor is deactivated; 0 for never.</param>
/// <param name="engine">Who asks; null for the cluster's first front end.</param>
internal sealed class OrleansTarget(TestSilos silos, int restartsOnceIn, ILimitEngine? engine = null) : IConformanceTarget
{
    private readonly Dice _dice = new(1);

    /// <summary>How many actors were deactivated.</summary>
    public int Restarts { get; private set; }

    // A refusal alone is not worth a write, so a restored key may not know of the latest time that it was asked at: seen only by
    // a clock that steps back.
    public ConformanceFeatures Features => ConformanceFeatures.HandsOverToOtherAlgorithms
        | (restartsOnceIn == 0 ? ConformanceFeatures.StepsBack : ConformanceFeatures.ForgetsWholeKeys);

    public async ValueTask<IConformancePlay> StartAsync(Instant start, CancellationToken cancellationToken)
    {
        var play = new Play(this);
        await play.SetClockAsync(start, cancellationToken);
        return play;
    }

    private async Task RestartAsync(SubjectKey key)
    {
        await silos.DeactivateAsync(key);
        Restarts++;
    }

    private sealed class Play(OrleansTarget target) : IConformancePlay, ILimitEngine
    {
        private readonly Dictionary<SubjectKey, bool> _allDurable = [];

        public ILimitEngine Engine => this;

        public string Source => target.Asking.Source;

        public ValueTask SetClockAsync(Instant now, CancellationToken cancellationToken)
        {
            target.Silos.Time.JumpTo(DateTimeOffset.UnixEpoch.AddMicroseconds(now.Microseconds));
            return ValueTask.CompletedTask;
        }

        public async ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
        {
            // A first caller whose spec is not durable does not look for a record that an older, durable spec may have left.
            var isDurable = KeyDurability.IsDurable(request.Spec) && _allDurable.GetValueOrDefault(request.Key, true);
            if (isDurable && _allDurable.ContainsKey(request.Key) && target.MayRestart())
                await target.RestartAsync(request.Key);
            _allDurable[request.Key] = isDurable;
            return await target.Asking.ExecuteAsync(request, cancellationToken);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private TestSilos Silos => silos;

    private ILimitEngine Asking => engine ?? silos.Engine;

    private bool MayRestart() => restartsOnceIn > 0 && _dice.OnceIn(restartsOnceIn);
}
