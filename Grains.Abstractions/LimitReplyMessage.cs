
namespace OrleansLimiter.Grains;

/// <summary>A reply on the wire. Waits are in microseconds, -1 for never.</summary>
/// <param name="Kind">The number of a <see cref="ReplyKind"/>; all that follows is 0 for every kind but a decision, and the first wait of
/// an overload.</param>
/// <param name="Outcome">The number of the outcome.</param>
/// <param name="Tightest">Which bandwidth has the smallest remaining.</param>
/// <param name="Remaining">The most permits that would be admitted now.</param>
/// <param name="Limit">The capacity of the tightest bandwidth.</param>
/// <param name="Charged">How many permits were charged.</param>
/// <param name="RetryAfter">The wait until the same request is admitted.</param>
/// <param name="ResetAfter">The wait until the key is whole.</param>
/// <param name="NextAfter">The wait until one more permit is there.</param>
/// <param name="Delay">The wait of an admitted caller for its turn.</param>
/// <param name="LeaseHigh">The upper half of the place given out; 0 with <paramref name="LeaseLow"/> 0 for none.</param>
/// <param name="LeaseLow">The lower half.</param>
/// <param name="NewerSpec">The key's spec, where the caller named an older one; else null.</param>
/// <param name="Silo">The silo that holds the key, by its number (<see cref="BatchingSilos.NumberOf"/>); 0: it does not say.</param>
[GenerateSerializer, Immutable, Alias("ol.LimitReply")]
internal readonly record struct LimitReplyMessage(
    [property: Id(0)] byte Kind,
    [property: Id(1)] byte Outcome,
    [property: Id(2)] byte Tightest,
    [property: Id(3)] long Remaining,
    [property: Id(4)] long Limit,
    [property: Id(5)] long Charged,
    [property: Id(6)] long RetryAfter,
    [property: Id(7)] long ResetAfter,
    [property: Id(8)] long NextAfter,
    [property: Id(9)] long Delay,
    [property: Id(10)] ulong LeaseHigh,
    [property: Id(11)] ulong LeaseLow,
    [property: Id(12)] LimitSpecMessage? NewerSpec,
    [property: Id(13)] ulong Silo = 0);
