namespace OrleansLimiter.Grains;

/// <summary>What Orleans says of a message that it delivered to nobody.</summary>
internal static class Rejection
{
    /// <summary>
    /// Whether a call was turned away before its actor had it, so that it may be made again: one that met its actor on the way out of
    /// memory is handed on twice and then given up. A silo that was lost may have had it.
    /// </summary>
    /// <param name="failure">What the call threw.</param>
    /// <returns>Whether nothing was done.</returns>
    public static bool IsUndone(Exception failure) => failure is OrleansMessageRejectionException and not SiloUnavailableException;
}
