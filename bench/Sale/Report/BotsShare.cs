using System.Globalization;
using OrleansLimiter.SaleBench.Play;

namespace OrleansLimiter.SaleBench.Report;

/// <summary>What bots got of a sale beside what they were of those who came, in percent, and where a difference comes from.</summary>
/// <param name="Comers">The bots' share of all who came.</param>
/// <param name="Turns">Their share of those who were let in.</param>
/// <param name="Tickets">Their share of the tickets sold.</param>
internal sealed record BotsShare(double Comers, double Turns, double Tickets)
{
    /// <summary>
    /// How far tickets and comers may be apart by the luck of the draw: some two standard deviations of a sale like the demonstration's.
    /// </summary>
    public const double Points = 3;

    /// <summary>Works it out.</summary>
    public static BotsShare Of(int people, int bots, Crowd crowd) => new(
        Percent(bots, people),
        Percent(crowd.BotsLetIn, crowd.PeopleLetIn),
        Percent(crowd.BotsTickets.Sum(one => one.Count), crowd.PeoplesTickets.Sum(one => one.Count)));

    /// <summary>Whether bots gained no more than luck explains.</summary>
    public bool IsFair => Tickets <= Comers + Points;

    /// <summary>In a sentence or two.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture,
        $"Bots: {Comers:0.0} % of all who came, {Turns:0.0} % of those who were let in, {Tickets:0.0} % of the tickets. {Why()}");

    private string Why()
    {
        if (IsFair)
            return string.Create(CultureInfo.InvariantCulture, $"That is within {Points:0} points: the line, not speed, has decided.");
        return Turns > Comers + Points
            ? "More than their share were let in: the draw's luck, or people who came too late for it, since a busy machine let bots' many "
                + "requests in first."
            : "They were let in as others were, and used their turns sooner: tickets were gone when people who had been told to wait came "
                + "back to a busy machine.";
    }

    private static double Percent(int part, int others) => part + others == 0 ? 0 : 100.0 * part / (part + others);
}
