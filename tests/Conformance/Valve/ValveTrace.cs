using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Conformance.Valve;

/// <summary>Calls to one sale's valve, each at its time. A step that is left out changes nothing of the others.</summary>
/// <param name="Seed">What it was drawn from.</param>
/// <param name="Start">Where the clock stands at first, when the valve is set up.</param>
/// <param name="Timing">The valve, but for the sale's name.</param>
/// <param name="Steps">The calls in the order in which they are made.</param>
internal sealed record ValveTrace(long Seed, Instant Start, ValveSpec Timing, IReadOnlyList<ValveStep> Steps);

/// <summary>One call of a trace.</summary>
/// <param name="Number">Its number in the trace as drawn.</param>
/// <param name="At">When, in microseconds since the trace's start.</param>
/// <param name="Kind">What is done.</param>
/// <param name="User">By whom.</param>
/// <param name="Rates">For <see cref="ValveStepKind.Rates"/>: the new ones.</param>
internal sealed record ValveStep(int Number, long At, ValveStepKind Kind, int User = 0, ValveRates Rates = default)
{
    /// <summary>For <see cref="ValveStepKind.Keep"/>: the wait that was told, from none to more than any valve tells.</summary>
    public Wait Told => Wait.OfMicroseconds(Number * 7_919L % 100 * 1_000_000);
}

/// <summary>What a step does.</summary>
internal enum ValveStepKind
{
    /// <summary>Someone joins.</summary>
    Join,

    /// <summary>Someone asks how they stand.</summary>
    Poll,

    /// <summary>Something else told someone to wait.</summary>
    Keep,

    /// <summary>Someone gives the place up.</summary>
    Leave,

    /// <summary>The last admission that someone was told of is used.</summary>
    Complete,

    /// <summary>The last admission that someone was told of is given back.</summary>
    Abandon,

    /// <summary>The operator holds the line.</summary>
    Pause,

    /// <summary>The operator lets it go on.</summary>
    Resume,

    /// <summary>The operator changes the caps.</summary>
    Rates,

    /// <summary>Nothing is left to buy.</summary>
    SoldOut,

    /// <summary>The sale is over.</summary>
    Close,

    /// <summary>Somebody looks at what is published of the draw.</summary>
    Draw,

    /// <summary>The valve is set up again, with other rates.</summary>
    SetUp,

    /// <summary>The clock jumps here, and nobody asked meanwhile.</summary>
    StandStill,

    /// <summary>Everything is stored.</summary>
    Store,

    /// <summary>What is not stored is lost.</summary>
    Crash,
}
