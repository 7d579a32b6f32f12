namespace OrleansLimiter;

/// <summary>What kind of answer it is.</summary>
public enum LimitAnswerKind
{
    /// <summary>The engine decided: admitted or refused.</summary>
    Decided,

    /// <summary>The engine could not decide. Whether the request may go on is the policy's choice.</summary>
    Unavailable,

    /// <summary>The caller's mistake: nothing was charged.</summary>
    Invalid,
}
