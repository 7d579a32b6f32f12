using System.Collections.Immutable;

namespace OrleansLimiter.Grains;

/// <summary>What a valve tells many people at once, on the wire.</summary>
/// <param name="Kind">The number of a <see cref="ReplyKind"/>; there are answers for a decision alone.</param>
/// <param name="Answers">One for each person, in the order of the question.</param>
[GenerateSerializer, Immutable, Alias("ol.ValveAnswers")]
internal sealed record ValveAnswersMessage(
    [property: Id(0)] byte Kind,
    [property: Id(1)] ImmutableArray<ValveAnswerMessage> Answers);
