using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Configuration;

/// <summary>One bandwidth as configured, and where: the policy's own section, or one of its <c>Bandwidths</c>.</summary>
internal sealed record BandwidthEntry(string Setting, long? Limit, TimeSpan? Window, long? Burst)
{
    public bool TryRead(SettingErrors errors, [NotNullWhen(true)] out Bandwidth? bandwidth)
    {
        bandwidth = null;
        if (Limit is null)
            errors.Add($"{Setting}:Limit", "not set", WholeNumberAttribute.RuleOf(1, Bandwidth.MaxLimit, "permits"));
        if (Window is null)
            errors.Add($"{Setting}:Window", "not set", WindowText.Rule);
        if (Limit is not { } limit || Window is not { } window)
            return false;
        if (Bandwidth.TryCreate(limit, window, Burst, out bandwidth, out var error))
            return true;
        Complain(error, tier: null, errors);
        return false;
    }

    /// <summary>
    /// Complains about this bandwidth in the words of Core, whose fields are <c>limit</c>, <c>window</c> and <c>burst</c>.
    /// </summary>
    public void Complain(InvalidValue error, string? tier, SettingErrors errors)
    {
        var field = error.Field[(error.Field.LastIndexOf('.') + 1)..];
        errors.Add($"{Setting}:{char.ToUpperInvariant(field[0])}{field[1..]}", tier is null
            ? error.Value
            : $"{error.Value} in tier {tier}", error.Rule);
    }
}
