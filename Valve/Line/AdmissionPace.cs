namespace OrleansLimiter.Valve.Line;

/// <summary>
/// When the next admission may be: each at least window/admissions after the one before, the remainder of that division carried, so that in
/// any half-open window at most so many are made and none is lost to rounding. Time in which nobody was admitted is not saved up.
/// </summary>
internal struct AdmissionPace
{
    private readonly long _step;
    private readonly long _stepRest;
    private readonly long _divisor;

    private AdmissionPace(ValveRates rates, long whole, long rest)
    {
        _step = rates.WindowMicroseconds / rates.Admissions;
        _stepRest = rates.WindowMicroseconds % rates.Admissions;
        _divisor = rates.Admissions;
        Whole = whole;
        Rest = rest;
    }

    /// <summary>The exact instant is so many microseconds, and <see cref="Rest"/> of a microsecond's parts.</summary>
    public long Whole { get; private set; }

    /// <summary>In parts of a microsecond of which there are as many as admissions per window.</summary>
    public long Rest { get; private set; }

    /// <summary>The first whole microsecond at which the next admission may be.</summary>
    public readonly long ReadyAt => Rest > 0 ? Whole + 1 : Whole;

    /// <summary>A pace under which the first admission may be at once.</summary>
    public static AdmissionPace Of(ValveRates rates) => new(rates, 0, 0);

    /// <summary>The pace that was stored with these numbers.</summary>
    public static AdmissionPace Restored(ValveRates rates, long whole, long rest) => new(rates, whole, rest);

    /// <summary>Takes an admission at an instant at which it may be.</summary>
    public void Take(long at)
    {
        if (at > ReadyAt)
            (Whole, Rest) = (at, 0);
        Whole += _step;
        Rest += _stepRest;
        if (Rest >= _divisor)
            (Whole, Rest) = (Whole + 1, Rest - _divisor);
    }

    /// <summary>The same on a clock that was set.</summary>
    public readonly AdmissionPace Shifted(long by) => this with { Whole = Whole + by };

    /// <summary>The same under other rates: the next admission is no later than one step of the new pace from now.</summary>
    public readonly AdmissionPace Changed(ValveRates rates, long now)
    {
        var step = (rates.WindowMicroseconds + rates.Admissions - 1) / rates.Admissions;
        return new AdmissionPace(rates, Math.Min(ReadyAt, now + step), 0);
    }
}
