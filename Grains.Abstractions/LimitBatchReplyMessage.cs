using System.Collections.Immutable;

namespace OrleansLimiter.Grains;

/// <summary>Replies to some requests of a batch, on the wire.</summary>
/// <param name="Rest">
/// What the silo calls the batch while some replies are missing; 0 where none is; <see cref="NothingDone"/> where there are none because no
/// actor was asked.
/// </param>
/// <param name="NewerSpecs">The specs that the replies tell of.</param>
/// <param name="Replies">
/// The replies, one behind the other, each behind its request's place in the batch, as <see cref="LimitBatchFormat"/> writes them.
/// </param>
[GenerateSerializer, Immutable, Alias("ol.LimitBatchReply")]
internal sealed record LimitBatchReplyMessage(
    [property: Id(0)] long Rest,
    [property: Id(1)] ImmutableArray<LimitSpecMessage> NewerSpecs,
    [property: Id(2)] byte[] Replies)
{
    /// <summary>The silo is about to leave: the actors are to be asked one by one.</summary>
    public const long NothingDone = -1;
}
