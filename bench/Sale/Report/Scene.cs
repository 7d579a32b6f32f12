using System.Globalization;
using OrleansLimiter.SaleBench.Http;
using OrleansLimiter.SaleBench.Play;

namespace OrleansLimiter.SaleBench.Report;

/// <summary>How a sale stands at an instant, for somebody who watches.</summary>
/// <param name="Second">Seconds since the opening; negative: until it.</param>
/// <param name="Phase">The sale's phase.</param>
/// <param name="Waiting">People and bots in line.</param>
/// <param name="InCheckout">Of those, the ones who were let in and have not bought.</param>
/// <param name="Sold">Tickets on people's receipts.</param>
/// <param name="ToBots">Tickets on bots' receipts.</param>
/// <param name="Total">All tickets.</param>
/// <param name="LimitedPeople">Requests of people that the limit refused.</param>
/// <param name="LimitedBots">Requests of bots that the limit refused.</param>
/// <param name="Old">How old, in seconds, is what the service told of the line.</param>
internal sealed record Scene(double Second, string Phase, int Waiting, int InCheckout, int Sold, int ToBots, int Total, long LimitedPeople,
    long LimitedBots, double Old)
{
    private const double Fresh = 2;

    /// <summary>Looks.</summary>
    /// <param name="valve">What the service told of the line.</param>
    /// <param name="toldAt">When.</param>
    /// <param name="rush">The sale.</param>
    /// <param name="crowd">Who plays.</param>
    public static Scene Of(ValveInfo valve, long toldAt, Rush rush, Crowd crowd) => new(
        (Clock.Now - rush.OpensAt) / 1e6,
        valve.Phase,
        valve.Waiting + valve.Joining,
        valve.InCheckout,
        crowd.PeoplesTickets.Sum(one => one.Count),
        crowd.BotsTickets.Sum(one => one.Count),
        rush.Sale.Total,
        crowd.PeoplesAnswers.Of(AnswerKind.Limited),
        crowd.BotsAnswers.Of(AnswerKind.Limited),
        (Clock.Now - toldAt) / 1e6);

    /// <summary>A remark where what was told of the line is not of now; else nothing.</summary>
    public string Age => Old < Fresh ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" (told {Old:0} s ago)");

    /// <summary>In a line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Second,6:0.0} s  {Phase,-9} in line {Waiting,5}, in checkout {InCheckout,4}, sold {Sold + ToBots,4} of {Total} ({ToBots} to "
            + $"bots), limit refused {LimitedPeople} of people, {LimitedBots} of bots{Age}");
}
