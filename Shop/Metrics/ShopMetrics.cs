using System.Diagnostics.Metrics;
using System.Text.Json;
using OrleansLimiter.Metrics;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Metrics;

/// <summary>
/// What is measured of the ticket sale, on the meter <c>OrleansLimiter</c>: purchases by what came of them, answers of the line by how
/// people stand, and what each sale's valve said last (<see cref="ValveGauges"/>). Tags are of fixed sets, but for <c>sale</c>, of which at
/// most <see cref="ValveGauges.MaxSales"/> are told. Safe for use by many threads.
/// </summary>
internal sealed class ShopMetrics
{
    /// <summary>
    /// The counter of purchases, in <c>{purchase}</c>; tag <c>outcome</c>: <c>paid</c>, the reason of a refusal, <c>overtaken</c>,
    /// <c>notPaid</c> or <c>unknown</c>.
    /// </summary>
    public const string PurchasesName = "orleanslimiter.purchases";

    /// <summary>
    /// The counter of the valves' answers to people, in <c>{answer}</c>; tag <c>state</c>: <c>waiting</c>, <c>admitted</c> and so on, or
    /// <c>unavailable</c>.
    /// </summary>
    public const string AnswersName = "orleanslimiter.queue.answers";

    private static readonly string[] States = [.. Enum.GetNames<QueueState>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    private readonly Counter<long> _purchases;
    private readonly Counter<long> _answers;

    public ShopMetrics(IMeterFactory meters, TimeProvider time, IValveEngine engine)
    {
        var meter = meters.Create(LimiterMetrics.MeterName);
        _purchases = meter.CreateCounter<long>(PurchasesName, "{purchase}", "Purchases by what came of them.");
        _answers = meter.CreateCounter<long>(AnswersName, "{answer}", "Answers of the sales' valves to people, by how they stand.");
        Gauges = new ValveGauges(meter, time, engine);
    }

    /// <summary>What the valves say of themselves.</summary>
    public ValveGauges Gauges { get; }

    public Purchase Counted(Purchase purchase)
    {
        var outcome = purchase.Kind switch
        {
            PurchaseKind.Paid => "paid",
            PurchaseKind.Refused => purchase.Problem?.Reason ?? "refused",
            PurchaseKind.Overtaken => "overtaken",
            PurchaseKind.NotPaid => "notPaid",
            _ => "unknown",
        };
        _purchases.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        return purchase;
    }

    /// <summary>Notes what a valve answered: a person's state is counted, a valve's own is kept for the gauges.</summary>
    /// <returns>The same answer.</returns>
    public ValveReply<T> Noted<T>(Guid sale, ValveReply<T> reply)
    {
        if (reply is ValveReply<ValveAnswer> answer)
            _answers.Add(1, new KeyValuePair<string, object?>("state", answer.IsFault ? "unavailable" : States[(int)answer.Value.State]));
        Gauges.Note(sale, reply is ValveReply<ValveStatus> { IsFault: false } status ? status.Value : null);
        return reply;
    }
}
