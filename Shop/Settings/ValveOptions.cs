using OrleansLimiter.Configuration;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Settings;

/// <summary>What section <c>Valve</c> says (<see cref="ValveSettings"/>).</summary>
internal sealed class ValveOptions
{
    private const int Hour = 3_600;

    /// <summary>How many people are let in per <see cref="WindowSeconds"/>, 1 to 1,000,000. Default 100.</summary>
    [WholeNumber(1, ValveRates.Most, "people")]
    public int Admissions { get; set; } = 100;

    /// <summary>1 to 3,600 seconds, default 1.</summary>
    [WholeNumber(1, Hour, "seconds")]
    public int WindowSeconds { get; set; } = 1;

    /// <summary>How many people may be in checkout, 1 to 1,000,000. Default 500.</summary>
    [WholeNumber(1, ValveRates.Most, "people")]
    public int Checkout { get; set; } = 500;

    /// <summary>How long a turn is good, 10 to 3,600 seconds. Default 120.</summary>
    [WholeNumber(10, Hour, "seconds")]
    public int AcceptSeconds { get; set; } = 120;

    /// <summary>How long before the opening people may come, 0 to 604,800 seconds. Default 900.</summary>
    [WholeNumber(0, 7 * 24 * Hour, "seconds")]
    public int PreQueueSeconds { get; set; } = 900;

    /// <summary>The declined payment that ends an admission, 1 to 10. Default 3.</summary>
    [WholeNumber(1, 10, "payments")]
    public int DeclinedPayments { get; set; } = 3;
}
