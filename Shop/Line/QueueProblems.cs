using System.Globalization;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Line;

/// <summary>What a valve says that is no place in line, as problems of the wire contract.</summary>
internal static class QueueProblems
{
    private const string AdmissionRule = "it must be an admission to this sale that was given to the caller and has not expired";

    /// <summary>400: what is presented is no admission that is good here.</summary>
    public static Problem WrongAdmission { get; } =
        Of(StatusCodes.Status400BadRequest, "admissionNotGood", $"{ValveDoor.Header} is not good: {AdmissionRule}.") with
        {
            Field = ValveDoor.Header,
        };

    /// <summary>404: the caller never joined, left, or lost the place.</summary>
    public static Problem NoPlace { get; } = Of(StatusCodes.Status404NotFound, "noPlace", "You have no place in this line: join it.");

    /// <summary>429: too many places of this line were given to the caller's address.</summary>
    public static Problem TooManyJoins(Wait retryAfter, string source) => new()
    {
        Type = Problem.QuotaExceeded,
        Status = StatusCodes.Status429TooManyRequests,
        Message = $"Too many people have joined this line from your address. {Replies.TryAgain(retryAfter.SecondsUp)}",
        Policy = JoinLimit.Policy,
        ViolatedPolicies = [JoinLimit.Policy],
        Source = source,
        RetryAfterMs = retryAfter.MillisecondsUp,
    };

    /// <summary>503: the valve does not answer, so nobody is let through.</summary>
    public static Problem Unavailable(EngineFault fault, string source) =>
        Busy("The queue cannot be asked at the moment.", "valveUnavailable", source, fault.RetryAfter.IsNever
            ? Wait.OfMicroseconds(1_000_000)
            : fault.RetryAfter);

    /// <summary>
    /// 429: the caller stands in line, and keeps the place by asking again. It says what the caller waits for: no limit was exceeded.
    /// </summary>
    public static Problem Held(Sale sale, in ValveAnswer answer, string source) => new Problem
    {
        Type = Problem.QuotaExceeded,
        Status = StatusCodes.Status429TooManyRequests,
        Message = $"{WhyHeld(sale, answer)} {KeepsPlace(answer.PollAfter)}",
        Reason = ReasonOf(answer),
        Policy = PayTicketCall.Limit,
        Source = source,
        RetryAfterMs = answer.PollAfter.MillisecondsUp,
    }.InLine(answer.Position, answer.Eta?.SecondsUp);

    /// <summary>Why the caller has no place; null: there is one.</summary>
    public static Problem? WithoutPlace(in ValveAnswer answer, Sale sale, string source) => answer.State switch
    {
        QueueState.NoPlace => NoPlace,
        QueueState.NotOpen => PurchaseProblems.NotOpen(sale),
        QueueState.LineFull => Busy("The line is full.", "lineFull", source, answer.PollAfter),
        QueueState.SoldOut when answer.Place == 0 => PurchaseProblems.SoldOut,
        QueueState.Closed => PurchaseProblems.Closed,
        _ => null,
    };

    private static string ReasonOf(in ValveAnswer answer) => answer switch
    {
        { State: QueueState.Joining } => "joining",
        { Phase: ValvePhase.Paused } => "paused",
        { State: QueueState.PreQueue } => "preQueue",
        _ => "waiting",
    };

    private static string WhyHeld(Sale sale, in ValveAnswer answer) => (ReasonOf(answer), answer.Position) switch
    {
        ("joining", _) => "You are joining the line: your place is being stored.",
        ("paused", { } position) =>
            string.Create(CultureInfo.InvariantCulture, $"The sale is paused: nobody is let in. You are number {position} in line."),
        ("paused", _) => "The sale is paused: nobody is let in. You have a place.",
        ("preQueue", _) =>
            string.Create(CultureInfo.InvariantCulture,
            $"The sale opens at {WireTime.Of(sale.OpensAt):yyyy-MM-ddTHH:mm:ssZ}: you have a place in the draw."),
        (_, { } position) => string.Create(CultureInfo.InvariantCulture, $"You are number {position} in line."),
        _ => "You are in line.",
    };

    private static string KeepsPlace(Wait wait) => wait.SecondsUp == 1
        ? "Send the request again in 1 second: you keep your place."
        : string.Create(CultureInfo.InvariantCulture, $"Send the request again in {wait.SecondsUp} seconds: you keep your place.");

    private static Problem Busy(string message, string reason, string source, Wait retryAfter) =>
        Of(StatusCodes.Status503ServiceUnavailable, reason, $"{message} {Replies.TryAgain(retryAfter.SecondsUp)}") with
        {
            Type = Problem.TemporaryReducedCapacity,
            Source = source,
            RetryAfterMs = retryAfter.MillisecondsUp,
        };

    private static Problem Of(int status, string reason, string message) =>
        new() { Status = status, Reason = reason, Message = message };
}
