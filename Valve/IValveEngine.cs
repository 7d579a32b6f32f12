using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve;

/// <summary>
/// The narrow port of the queue valves: one call, one round trip, one reply. Safe for use by many threads. The engine reads its own clock.
/// It answers with a fault where it cannot answer (<see cref="EngineFaultKind.Unavailable"/> for a sale that it was never told of) and
/// throws for bugs only. What it tells anybody survives whatever the engine survives: a silo, or a process. Cancelled:
/// <see cref="OperationCanceledException"/>; whether the call took effect is then not known, and each may be repeated.
/// </summary>
internal interface IValveEngine
{
    /// <summary>What answers carry as their source: <c>memory</c>, <c>cluster</c> or <c>redis</c>.</summary>
    string Source { get; }

    /// <summary>
    /// Sets a sale's valve up. A valve that is there stays as it is, whatever the spec: its rates are changed by commands.
    /// </summary>
    /// <param name="spec">The sale, its times and rates.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>How the valve stands.</returns>
    ValueTask<ValveReply<ValveStatus>> SetUpAsync(ValveSpec spec, CancellationToken cancellationToken);

    /// <summary>Gives a user a place, or answers for the one that the user has, as <see cref="PollAsync"/> does.</summary>
    /// <param name="sale">The sale.</param>
    /// <param name="user">The authenticated user, who has one place in a sale at most.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>How the user stands; an engine that stores places answers <see cref="QueueState.Joining"/> for a new one until it is
    /// stored.</returns>
    ValueTask<ValveReply<ValveAnswer>> JoinAsync(SaleId sale, UserId user, CancellationToken cancellationToken);

    /// <summary>Answers a user who asks how they stand, and keeps their place alive. Makes no place.</summary>
    /// <param name="sale">The sale.</param>
    /// <param name="user">The authenticated user.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>How the user stands.</returns>
    ValueTask<ValveReply<ValveAnswer>> PollAsync(SaleId sale, UserId user, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps a user's place alive whom something else than this valve told to wait. Makes none, and answers nothing: whoever was told to
    /// wait has an answer.
    /// </summary>
    /// <param name="sale">The sale.</param>
    /// <param name="user">The authenticated user.</param>
    /// <param name="told">How long the user was told to wait: the place outlives that, up to three times the longest wait that the sale's
    /// valve tells.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>What prevented it; the default fault where nothing did, also where there is no such place.</returns>
    ValueTask<EngineFault> KeepAsync(SaleId sale, UserId user, Wait told, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a user's place in the line up. An admission that was told is not ended so, but by <see cref="AbandonAsync"/>, once nothing can
    /// be bought with it.
    /// </summary>
    /// <param name="sale">The sale.</param>
    /// <param name="user">The authenticated user.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>Whether there was one, or <see cref="PlaceEnded.Admitted"/>.</returns>
    ValueTask<ValveReply<PlaceEnded>> LeaveAsync(SaleId sale, UserId user, CancellationToken cancellationToken);

    /// <summary>Ends an admission whose purchase is made: its slot in checkout is free at once.</summary>
    /// <param name="admission">The admission.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>Whether it was still held.</returns>
    ValueTask<ValveReply<PlaceEnded>> CompleteAsync(Admission admission, CancellationToken cancellationToken);

    /// <summary>Ends an admission that nothing can be bought with any more: its slot in checkout is free at once.</summary>
    /// <param name="admission">The admission.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>Whether it was still held.</returns>
    ValueTask<ValveReply<PlaceEnded>> AbandonAsync(Admission admission, CancellationToken cancellationToken);

    /// <summary>Does what an operator, or the inventory, says.</summary>
    /// <param name="sale">The sale.</param>
    /// <param name="command">What to do.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>How the valve stands then.</returns>
    ValueTask<ValveReply<ValveStatus>> CommandAsync(SaleId sale, ValveCommand command, CancellationToken cancellationToken);

    /// <summary>How a sale's valve stands.</summary>
    /// <param name="sale">The sale.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>Phase, caps, people.</returns>
    ValueTask<ValveReply<ValveStatus>> StatusAsync(SaleId sale, CancellationToken cancellationToken);

    /// <summary>What may be published of a sale's draw.</summary>
    /// <param name="sale">The sale.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>The seed's hash, and after the draw all that is needed to check it.</returns>
    ValueTask<ValveReply<DrawProof>> DrawAsync(SaleId sale, CancellationToken cancellationToken);
}
