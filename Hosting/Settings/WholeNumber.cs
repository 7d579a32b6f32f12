using System.Globalization;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Hosting.Settings;

/// <summary>Reads a setting that is a whole number.</summary>
internal static class WholeNumber
{
    /// <summary>Reads it.</summary>
    /// <param name="configuration">Environment variables, command line and files.</param>
    /// <param name="name">The setting, as in <c>Valve:Admissions</c>.</param>
    /// <param name="ifMissing">What it is where it is not set, or wrong.</param>
    /// <param name="least">The least it may be.</param>
    /// <param name="most">The most it may be.</param>
    /// <param name="unit">What is counted, and whatever else explains the bounds; for the message.</param>
    /// <param name="errors">Where to what is wrong goes.</param>
    public static int Read(IConfiguration configuration, string name, int ifMissing, int least, int most, string unit, List<InvalidValue> errors)
    {
        var text = configuration[name];
        if (string.IsNullOrEmpty(text))
            return ifMissing;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
            return value;
        errors.Add(new InvalidValue(name, $"'{text}'", string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least:N0} to {most:N0} {unit}")));
        return ifMissing;
    }
}
