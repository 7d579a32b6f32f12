using OrleansLimiter.Core.Algorithms.Gcra;

namespace OrleansLimiter.Core.Algorithms.LeakyBucket;

/// <summary>A leaky bucket's state.</summary>
/// <param name="Level">What waits, as the time at which the last of it will have left.</param>
/// <param name="Turn">
/// The tick of the next turn where that is later: turns told under another content, which spaced them more widely, are not overtaken. 0
/// where the level says it.
/// </param>
internal readonly record struct LeakyBucketState(GcraState Level, long Turn)
{
    /// <summary>
    /// Named turns and free parts of the line; null for none, and always where <see cref="Turn"/> says when the next turn is: the level
    /// does not say where such turns are.
    /// </summary>
    internal TurnTable? Turns { get; init; }

    /// <summary>The first tick at which a caller admitted now has its turn.</summary>
    internal long NextTurn => Math.Max(Level.Ceiling, Turn);

    /// <summary>A level, and a turn if that is later.</summary>
    internal static LeakyBucketState Of(in GcraState level, long turn, TurnTable? turns) =>
        new(level, turn > level.Ceiling ? turn : 0) { Turns = turns };
}
