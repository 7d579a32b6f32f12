using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Settings;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Settings;

/// <summary>What every sale's queue valve is set up with (section <c>Valve</c>), and what signs admissions (<c>QUEUE_TOKEN_KEYS</c>). Immutable; secrets are never printed.</summary>
/// <param name="Keys">Signs and checks admissions; by default derived from <c>JWT_SECRET</c>.</param>
/// <param name="Rates">The caps at first: <c>Valve:Admissions</c> (default 100) per <c>Valve:WindowSeconds</c> (1), and <c>Valve:Checkout</c> (500).</param>
/// <param name="AcceptWithin">How long a turn is good (<c>Valve:AcceptSeconds</c>). Default 120 s.</param>
/// <param name="PreQueue">How long before the opening people may come (<c>Valve:PreQueueSeconds</c>). Default 900 s.</param>
/// <param name="DeclinedPayments">The declined payment that ends an admission (<c>Valve:DeclinedPayments</c>), 1 to 10. Default 3: the third.</param>
internal sealed record ValveSettings(AdmissionKeys Keys, ValveRates Rates, TimeSpan AcceptWithin, TimeSpan PreQueue, int DeclinedPayments)
{
    /// <summary>The variable that holds the keys.</summary>
    public const string KeysVariable = "QUEUE_TOKEN_KEYS";

    private static readonly string[] Names = ["Admissions", "WindowSeconds", "Checkout", "AcceptSeconds", "PreQueueSeconds", "DeclinedPayments"];

    private const int DefaultAdmissions = 100;
    private const int DefaultWindowSeconds = 1;
    private const int DefaultCheckout = 500;
    private const int DefaultAcceptSeconds = 120;
    private const int DefaultPreQueueSeconds = 900;
    private const int DefaultDeclinedPayments = 3;
    private const int MaxDeclinedPayments = 10;
    private const int MaxHour = 3_600;
    private const int MinAcceptSeconds = 10;
    private const int MaxPreQueueSeconds = 7 * 24 * 3_600;

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="tokens">What the keys are derived from where there are none; null if that is wrong itself.</param>
    /// <param name="errors">Where to what is wrong goes.</param>
    public static ValveSettings? Read(IConfiguration configuration, TokenSettings? tokens, List<InvalidValue> errors)
    {
        var before = errors.Count;
        MisspelledSettings.CheckSection(configuration, "Valve", Names, errors);
        var keys = ReadKeys(configuration, tokens, errors);
        var admissions = Whole("Admissions", DefaultAdmissions, 1, ValveRates.Most, "people");
        var window = Whole("WindowSeconds", DefaultWindowSeconds, 1, MaxHour, "seconds");
        var checkout = Whole("Checkout", DefaultCheckout, 1, ValveRates.Most, "people");
        var accept = Whole("AcceptSeconds", DefaultAcceptSeconds, MinAcceptSeconds, MaxHour, "seconds");
        var preQueue = Whole("PreQueueSeconds", DefaultPreQueueSeconds, 0, MaxPreQueueSeconds, "seconds");
        var declined = Whole("DeclinedPayments", DefaultDeclinedPayments, 1, MaxDeclinedPayments, "payments");
        return errors.Count == before && keys is not null
            ? new ValveSettings(keys, ValveRates.Of(admissions, TimeSpan.FromSeconds(window), checkout), TimeSpan.FromSeconds(accept), TimeSpan.FromSeconds(preQueue), declined)
            : null;

        int Whole(string name, int ifMissing, int least, int most, string unit) =>
            WholeNumber.Read(configuration, $"Valve:{name}", ifMissing, least, most, unit, errors);
    }

    private static AdmissionKeys? ReadKeys(IConfiguration configuration, TokenSettings? tokens, List<InvalidValue> errors)
    {
        var text = configuration[KeysVariable];
        if (string.IsNullOrEmpty(text))
            return tokens is null ? null : AdmissionKeys.DerivedFrom(tokens.Secret);
        if (AdmissionKeys.TryParse(text, out var keys, out var error))
            return keys;
        errors.Add(error);
        return null;
    }
}
