
namespace OrleansLimiter.Grains;

/// <summary>The queue valve of one sale as an actor. The actor's key is the sale's name. A user is two halves of 128 bits.</summary>
[Alias("ol.IQueueValveGrain")]
internal interface IQueueValveGrain : IGrainWithStringKey
{
    /// <summary>Sets the valve up. One that is there stays as it is. Answers once it is stored.</summary>
    /// <param name="spec">The sale's times and rates.</param>
    /// <param name="cancellationToken">The caller's deadline: a call that has not begun when it passes is dropped.</param>
    /// <returns>How the valve stands.</returns>
    [Alias("SetUp")]
    ValueTask<ValveStatusMessage> SetUpAsync(ValveSpecMessage spec, CancellationToken cancellationToken);

    /// <summary>
    /// Sets the valve up as <see cref="SetUpAsync"/> does, and hands over the front ends' keys: what is stored of the draw's seed is sealed
    /// with them. The actor keeps them in memory alone.
    /// </summary>
    /// <param name="spec">The sale's times and rates.</param>
    /// <param name="keys">The keys (<see cref="OrleansLimiter.Valve.Tokens.SeedSeal.Export"/>).</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>How the valve stands.</returns>
    [Alias("SetUpSealed")]
    ValueTask<ValveStatusMessage> SetUpSealedAsync(ValveSpecMessage spec, byte[] keys, CancellationToken cancellationToken);

    /// <summary>Hands over the keys to an actor that was activated anew, and cannot read its seed without them.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>1 if it did not answer for want of them, and does now; else 0.</returns>
    [Alias("Open")]
    ValueTask<byte> OpenAsync(byte[] keys, CancellationToken cancellationToken);

    /// <summary>Gives a user a place, or answers for the one that the user has.</summary>
    /// <param name="high">The upper half of the user.</param>
    /// <param name="low">The lower half.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>How the user stands: joining, until a new place is stored.</returns>
    [Alias("Join")]
    ValueTask<ValveAnswerMessage> JoinAsync(ulong high, ulong low, CancellationToken cancellationToken);

    /// <summary>Answers a user who asks how they stand, and keeps their place alive.</summary>
    /// <param name="high">The upper half of the user.</param>
    /// <param name="low">The lower half.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>How the user stands.</returns>
    [Alias("Poll")]
    ValueTask<ValveAnswerMessage> PollAsync(ulong high, ulong low, CancellationToken cancellationToken);

    /// <summary>Answers many users who ask how they stand, each as <see cref="PollAsync"/> does.</summary>
    /// <param name="users">The users, 16 bytes each: the upper half and the lower half, big-endian.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>How they stand, in order.</returns>
    [Alias("PollMany")]
    ValueTask<ValveAnswersMessage> PollManyAsync(byte[] users, CancellationToken cancellationToken);

    /// <summary>Keeps a user's place alive whom something else told to wait.</summary>
    /// <param name="high">The upper half of the user.</param>
    /// <param name="low">The lower half.</param>
    /// <param name="toldMilliseconds">The wait that the user was told.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>A <see cref="ReplyKind"/>: decided, also where there is no such place.</returns>
    [Alias("Keep")]
    ValueTask<byte> KeepAsync(ulong high, ulong low, long toldMilliseconds, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a user's place up, or their admission: as front ends of earlier builds do, before anybody made sure that nothing is bought
    /// with it.
    /// </summary>
    /// <param name="high">The upper half of the user.</param>
    /// <param name="low">The lower half.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>Whether there was one.</returns>
    [Alias("Leave")]
    ValueTask<PlaceEndedMessage> LeaveAsync(ulong high, ulong low, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a user's place in the line up, but no admission that was told. What <see cref="LeaveAsync"/> is to front ends of earlier
    /// builds, which end both.
    /// </summary>
    /// <param name="high">The upper half of the user.</param>
    /// <param name="low">The lower half.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>Whether there was one, or that it is admitted.</returns>
    [Alias("LeaveLine")]
    ValueTask<PlaceEndedMessage> LeaveLineAsync(ulong high, ulong low, CancellationToken cancellationToken);

    /// <summary>Ends an admission whose purchase is made.</summary>
    /// <param name="admission">The admission.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>Whether it was still held.</returns>
    [Alias("Complete")]
    ValueTask<PlaceEndedMessage> CompleteAsync(AdmissionMessage admission, CancellationToken cancellationToken);

    /// <summary>Ends an admission that nothing can be bought with any more.</summary>
    /// <param name="admission">The admission.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>Whether it was still held.</returns>
    [Alias("Abandon")]
    ValueTask<PlaceEndedMessage> AbandonAsync(AdmissionMessage admission, CancellationToken cancellationToken);

    /// <summary>Does what an operator, or the inventory, says.</summary>
    /// <param name="command">What to do.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>How the valve stands then.</returns>
    [Alias("Command")]
    ValueTask<ValveStatusMessage> CommandAsync(ValveCommandMessage command, CancellationToken cancellationToken);

    [Alias("Status")]
    ValueTask<ValveStatusMessage> StatusAsync(CancellationToken cancellationToken);

    /// <summary>What may be published of the draw.</summary>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>The seed's hash, and after the draw all that is needed to check it.</returns>
    [Alias("Draw")]
    ValueTask<DrawProofMessage> DrawAsync(CancellationToken cancellationToken);
}
