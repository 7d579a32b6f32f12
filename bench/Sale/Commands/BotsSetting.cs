namespace OrleansLimiter.SaleBench.Commands;

/// <summary>What the bots' sales are like; the README has each option's meaning.</summary>
internal sealed record BotsSetting
{
    public BotsSetting(Arguments arguments)
    {
        Urls = arguments.Urls();
        OperatorKey = arguments.Text("operator-key") ?? "dev-operator-key";
        Connections = arguments.Whole("connections", 128, 1, 10_000);
        People = arguments.Whole("people", 2_000, 1, 100_000);
        Bots = arguments.Whole("bots", 200, 1, 10_000);
        BotRates = [0, 1, arguments.Whole("bot-rate", 50, 1, 1_000)];
        Admissions = arguments.Whole("admissions", 40, 1, 1_000_000);
        OpensIn = arguments.Whole("opens-in", 15, 0, 3_600);
        Tickets = Math.Min(10_000, People + (SaleCommand.MaxPerUser * Bots));
        Seed = arguments.Whole("seed", 42, 0, int.MaxValue);
        arguments.RefuseOthers();
    }

    public Uri[] Urls { get; }

    public string OperatorKey { get; }

    public int Connections { get; }

    public int People { get; }

    public int Bots { get; }

    /// <summary>Requests per second of a bot, run by run; 0: there are none.</summary>
    public int[] BotRates { get; }

    /// <summary>People let in per second: well under what the machine could serve, so that it is the line that people wait for.</summary>
    public int Admissions { get; }

    public int OpensIn { get; }

    /// <summary>So many that everybody gets what the sale allows: the wait is everybody's wait.</summary>
    public int Tickets { get; }

    public int Seed { get; }
}
