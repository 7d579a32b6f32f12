using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Settings;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;

namespace OrleansLimiter.Shop.Line;

/// <summary>
/// The queue valve before a purchase. An admission that is presented is checked by its signature, and by the books in the purchase's own
/// transaction, not by asking the valve; without one the caller joins the line, and is let through where it is the caller's turn, or will
/// be as soon as the engine has stored it. Safe for use by many threads.
/// </summary>
internal sealed class ValveDoor(SaleValves valves, SalePhases phases, JoinLimit joins, ValveSettings settings, TimeProvider time)
    : ISaleDoor
{
    /// <summary>The header that an admission is presented in.</summary>
    public const string Header = "Sale-Admission";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public ValueTask<IReadOnlyList<string>> PhasesOfAsync(IReadOnlyList<Sale> sales) => phases.OfAsync(sales);

    public ValueTask<DoorAnswer> AskAsync(HttpContext context, Sale sale)
    {
        var user = SaleValves.NameOf(context.User.UserId());
        var presented = context.Request.Headers[Header];
        return SalePhase.Of(sale, Instant.From(time.GetUtcNow())) switch
        {
            SalePhase.Closed => new(DoorAnswer.Refused(PurchaseProblems.Closed)),
            SalePhase.SoldOut => new(DoorAnswer.Refused(PurchaseProblems.SoldOut)),
            _ when presented.Count > 0 => new(Check(presented.Count == 1 ? presented[0] : null, sale, user)),
            _ => JoinAsync(context, sale, user),
        };
    }

    public ValueTask LeaveAsync(Admission admission, TurnEnd end) =>
        end == TurnEnd.Kept ? ValueTask.CompletedTask : valves.EndAsync(admission, end);

    private DoorAnswer Check(string? token, Sale sale, UserId user) =>
        AdmissionToken.TryVerify(token, settings.Keys, SaleValves.NameOf(sale), user, Instant.From(time.GetUtcNow()), out var admission)
            ? DoorAnswer.Admitted(admission)
            : DoorAnswer.Refused(QueueProblems.WrongAdmission);

    private async ValueTask<DoorAnswer> JoinAsync(HttpContext context, Sale sale, UserId user)
    {
        if (await joins.AskAsync(context, sale, user) is { } tooMany)
            return DoorAnswer.Refused(tooMany);
        var began = time.GetTimestamp();
        var reply = await valves.AskAsync(sale, (engine, id, cancellation) => engine.JoinAsync(id, user, cancellation));
        var isEarly = reply.Value.IsEarly;
        while (IsAlmostIn(reply) && time.GetElapsedTime(began) < Patience)
        {
            await Task.Delay(Pause, time, context.RequestAborted);
            reply = await valves.AskAsync(sale, (engine, id, cancellation) => engine.PollAsync(id, user, cancellation));
        }

        if (reply.IsFault)
            return DoorAnswer.Refused(QueueProblems.Unavailable(reply.Fault, valves.Source), isFree: true);
        var answer = reply.Value;
        if (answer.Admission is { } admission)
            return DoorAnswer.Admitted(admission);
        if (QueueProblems.WithoutPlace(answer, sale, valves.Source) is { } none)
            return DoorAnswer.Refused(none);
        return answer.State == QueueState.SoldOut
            ? DoorAnswer.Refused(PurchaseProblems.SoldOut)
            : DoorAnswer.Refused(QueueProblems.Held(sale, answer, valves.Source), isFree: !isEarly);
    }

    // An engine that stores places answers a moment before it has stored them. Who is in line for that alone need not come twice.
    private static bool IsAlmostIn(in ValveReply<ValveAnswer> reply) =>
        !reply.IsFault && (reply.Value.State == QueueState.Joining
            || (reply.Value.State == QueueState.Waiting && reply.Value.Eta is { Microseconds: 0 }));
}
