namespace OrleansLimiter.Core.Decisions;

/// <summary>Who made a reply.</summary>
public enum ReplySource : byte
{
    /// <summary>The engine that was asked: answers carry its <see cref="Ports.ILimitEngine.Source"/>.</summary>
    Engine,

    /// <summary>This process, in place of an engine that it could not or did not ask: answers carry <c>local</c>.</summary>
    Local,

    /// <summary>
    /// This process, with permits that the engine gave it in advance (<see cref="Operation.Lease"/>): answers carry <c>lease</c>.
    /// </summary>
    Lease,
}
