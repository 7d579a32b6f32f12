using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Grains;

/// <summary>
/// One object per spec, in both directions: a spec that came over the wire is compiled once, and one that is sent is written
/// once. Safe for many threads.
/// </summary>
internal sealed class SpecCatalog
{
    // Versions are few; a caller that sends ever new ones must not fill the memory.
    private const int MaxSpecs = 10_000;

    private readonly ConcurrentDictionary<SpecVersion, LimitSpec> _specs = new();
    private readonly ConditionalWeakTable<LimitSpec, LimitSpecMessage> _messages = [];

    /// <summary>The spec as it is sent.</summary>
    /// <param name="spec">The spec.</param>
    /// <returns>The message, the same for the same object.</returns>
    public LimitSpecMessage ToMessage(LimitSpec spec) => _messages.GetValue(spec, WireMap.ToMessage);

    /// <summary>The spec that was sent.</summary>
    /// <param name="message">The message.</param>
    /// <returns>The compiled spec, the same object for the same version.</returns>
    /// <exception cref="ArgumentException">The message is no spec, or not that of the version that it names.</exception>
    public LimitSpec ToSpec(LimitSpecMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var version = new SpecVersion(message.Revision, message.ContentHash);
        if (_specs.TryGetValue(version, out var spec))
            return spec;
        spec = WireMap.ToSpec(message);
        if (spec.Version != version)
            throw new ArgumentException("The spec's content is not that of the version that it names.", nameof(message));
        if (_specs.Count >= MaxSpecs)
            _specs.Clear();
        return _specs.GetOrAdd(version, spec);
    }
}
