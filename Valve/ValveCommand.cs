namespace OrleansLimiter.Valve;

/// <summary>What an operator, or the inventory, tells a valve. Telling it again changes nothing. A closed valve obeys none.</summary>
internal readonly record struct ValveCommand
{
    private ValveCommand(ValveCommandKind kind, ValveRates rates = default)
    {
        Kind = kind;
        Rates = rates;
    }

    /// <summary>Admits nobody until it is resumed; people come, wait and keep their places. The draw takes place at its time.</summary>
    public static ValveCommand Pause => new(ValveCommandKind.Pause);

    /// <summary>Ends a pause, or takes back that all is sold.</summary>
    public static ValveCommand Resume => new(ValveCommandKind.Resume);

    /// <summary>Says that nothing is left to buy.</summary>
    public static ValveCommand SoldOut => new(ValveCommandKind.SoldOut);

    /// <summary>Ends the sale for good: every place and every admission ends.</summary>
    public static ValveCommand Close => new(ValveCommandKind.Close);

    public ValveCommandKind Kind { get; }

    /// <summary>The new caps; meaningful only for <see cref="ValveCommandKind.SetRates"/>.</summary>
    public ValveRates Rates { get; }

    /// <summary>Changes the caps. A lower cap on people in checkout takes nobody's admission away.</summary>
    /// <param name="rates">The new caps.</param>
    /// <returns>The command.</returns>
    /// <exception cref="ArgumentException"><paramref name="rates"/> is the default value, which is no caps.</exception>
    public static ValveCommand SetRates(ValveRates rates) =>
        rates == default ? throw new ArgumentException("The rates must be given.", nameof(rates)) : new(ValveCommandKind.SetRates, rates);
}

/// <summary>The commands of a valve.</summary>
internal enum ValveCommandKind : byte
{
    /// <summary><see cref="ValveCommand.Pause"/>.</summary>
    Pause,

    /// <summary><see cref="ValveCommand.Resume"/>.</summary>
    Resume,

    /// <summary><see cref="ValveCommand.SetRates"/>.</summary>
    SetRates,

    /// <summary><see cref="ValveCommand.SoldOut"/>.</summary>
    SoldOut,

    /// <summary><see cref="ValveCommand.Close"/>.</summary>
    Close,
}
