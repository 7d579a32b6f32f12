using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;

namespace OrleansLimiter.Shop.Settings;

/// <summary>
/// What every sale's queue valve is set up with (section <c>Valve</c>), and what signs admissions (<c>QUEUE_TOKEN_KEYS</c>). Immutable;
/// secrets are never printed.
/// </summary>
/// <param name="Keys">Signs and checks admissions; by default derived from <c>JWT_SECRET</c>.</param>
/// <param name="Rates">The caps at first: <c>Valve:Admissions</c> (default 100) per <c>Valve:WindowSeconds</c> (1), and
/// <c>Valve:Checkout</c> (500).</param>
/// <param name="AcceptWithin">How long a turn is good (<c>Valve:AcceptSeconds</c>). Default 120 s.</param>
/// <param name="PreQueue">How long before the opening people may come (<c>Valve:PreQueueSeconds</c>). Default 900 s.</param>
/// <param name="DeclinedPayments">The declined payment that ends an admission (<c>Valve:DeclinedPayments</c>), 1 to 10. Default 3: the
/// third.</param>
internal sealed record ValveSettings(AdmissionKeys Keys, ValveRates Rates, TimeSpan AcceptWithin, TimeSpan PreQueue, int DeclinedPayments)
{
    /// <summary>The variable that holds the keys.</summary>
    public const string KeysVariable = "QUEUE_TOKEN_KEYS";

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="isDevelopment">Whether keys may be easily guessed.</param>
    /// <param name="tokens">What the keys are derived from where there are none.</param>
    /// <param name="errors">Where to what is wrong goes.</param>
    public static ValveSettings Read(
        IConfiguration configuration, bool isDevelopment, TokenSettings tokens, List<InvalidValue> errors)
    {
        var keys = ReadKeys(configuration, isDevelopment, tokens, errors);
        var valve = SettingsText.Read<ValveOptions>(configuration, "Valve", errors);
        return new ValveSettings(
            keys,
            ValveRates.Of(valve.Admissions, TimeSpan.FromSeconds(valve.WindowSeconds), valve.Checkout),
            TimeSpan.FromSeconds(valve.AcceptSeconds),
            TimeSpan.FromSeconds(valve.PreQueueSeconds),
            valve.DeclinedPayments);
    }

    private static AdmissionKeys ReadKeys(
        IConfiguration configuration, bool isDevelopment, TokenSettings tokens, List<InvalidValue> errors)
    {
        var text = configuration[KeysVariable];
        if (!string.IsNullOrEmpty(text))
        {
            if (AdmissionKeys.TryParse(text, out var keys, out var error) && (isDevelopment || !HasWeak(keys, out error)))
                return keys;
            errors.Add(error!);
        }

        return AdmissionKeys.DerivedFrom(tokens.Secret);
    }

    private static bool HasWeak(AdmissionKeys keys, out InvalidValue? error)
    {
        var weak = keys.All.FirstOrDefault(key => WeakSecrets.Contains(key.Secret));
        error = weak is null ? null : new InvalidValue(KeysVariable, $"{weak.Id}:*** (easily guessed)",
            "must have random bytes in each key; openssl rand -base64 32 makes good ones");
        return weak is not null;
    }
}
