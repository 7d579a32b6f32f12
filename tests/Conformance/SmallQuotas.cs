using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Conformance;

/// <summary>An engine that knows at each request how many keys there are, with quotas of 400 keys for callers and 320 of its own.</summary>
/// <param name="engine">The engine.</param>
/// <param name="tellsWhenExactly">Whether it knows exactly when the first key is whole.</param>
public sealed class SmallQuotas(ILimitEngine engine, bool tellsWhenExactly) : IQuotaTarget
{
    /// <inheritdoc/>
    public ILimitEngine Engine => engine;

    /// <inheritdoc/>
    public long Callers => 400;

    /// <inheritdoc/>
    public long PerTenant => 100;

    /// <inheritdoc/>
    public long Own => 320;

    /// <inheritdoc/>
    public long OwnPerPolicy => 40;

    /// <inheritdoc/>
    public long OwnCommon => 160;

    /// <inheritdoc/>
    public double Tolerance => 0;

    /// <inheritdoc/>
    public bool TellsWhenExactly => tellsWhenExactly;

    /// <inheritdoc/>
    public ValueTask SettleAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
