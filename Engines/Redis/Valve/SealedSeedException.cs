namespace OrleansLimiter.Engines.Redis.Valve;

/// <summary>
/// A draw's seed was sealed with a key that this front end was not given: it can neither draw nor show the draw. A fault of its settings,
/// told as one.
/// </summary>
internal sealed class SealedSeedException() : Exception("A draw's seed was sealed with a key that is not among this front end's.");
