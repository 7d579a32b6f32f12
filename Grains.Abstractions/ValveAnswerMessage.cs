
namespace OrleansLimiter.Grains;

/// <summary>What a valve tells one person, on the wire. Times and waits are in microseconds.</summary>
/// <param name="Kind">The number of a <see cref="ReplyKind"/>; all that follows is 0 for every kind but a decision.</param>
/// <param name="State">The number of the state.</param>
/// <param name="Phase">The number of the phase.</param>
/// <param name="Place">The number of the person's place; 0 for none.</param>
/// <param name="Position">The position, 1 for the next; 0 for none.</param>
/// <param name="Eta">The wait until the person's turn; -1 for none foreseen.</param>
/// <param name="PollAfter">When to ask again.</param>
/// <param name="IsEarly">1 if the person asked too soon.</param>
/// <param name="AdmissionValve">The admission's first part.</param>
/// <param name="AdmissionPlace">The admission's second part; 0 for no admission.</param>
/// <param name="AdmissionExpiresAt">When the admission expires.</param>
/// <param name="OpensAt">When the sale opens, or opened.</param>
[GenerateSerializer, Immutable, Alias("ol.ValveAnswer")]
internal readonly record struct ValveAnswerMessage(
    [property: Id(0)] byte Kind,
    [property: Id(1)] byte State,
    [property: Id(2)] byte Phase,
    [property: Id(3)] long Place,
    [property: Id(4)] long Position,
    [property: Id(5)] long Eta,
    [property: Id(6)] long PollAfter,
    [property: Id(7)] byte IsEarly,
    [property: Id(8)] ulong AdmissionValve,
    [property: Id(9)] long AdmissionPlace,
    [property: Id(10)] long AdmissionExpiresAt,
    [property: Id(11)] long OpensAt);
