namespace OrleansLimiter.SaleBench.Http;

/// <summary>What an answer means to who stands in line.</summary>
internal enum AnswerKind
{
    /// <summary>A receipt.</summary>
    Bought,

    /// <summary>The line holds the caller.</summary>
    Held,

    /// <summary>It is the caller's turn; nothing is bought yet. Only the queue's own route says so.</summary>
    Turn,

    /// <summary>The turn was there, and the purchase failed because another had a ticket.</summary>
    TicketGone,

    /// <summary>The turn was there, and the user has as many tickets as one may.</summary>
    TicketLimit,

    /// <summary>Another request of the caller used the turn meanwhile.</summary>
    TurnUsed,

    /// <summary>A limit refused, before the line was asked.</summary>
    Limited,

    /// <summary>There are no tickets left, or the sale is over.</summary>
    Over,

    /// <summary>Nobody is in line yet.</summary>
    NotOpen,

    /// <summary>There is no place any more: who does not ask in time loses it, also where the machine is too busy to ask.</summary>
    NoPlace,

    /// <summary>An earlier request under the same key runs.</summary>
    Running,

    /// <summary>The service has no time to write: nothing was begun, and the same request makes sense again in a moment.</summary>
    Busy,

    /// <summary>Any other 5xx, or no answer at all.</summary>
    Failed,

    /// <summary>Something that the contract does not foresee here.</summary>
    Unexpected,
}
