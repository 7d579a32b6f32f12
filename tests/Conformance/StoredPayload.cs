using System.Globalization;
using System.Reflection;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Conformance;

/// <summary>
/// What an earlier build stored of each of <see cref="StoredLives"/>, read out of a test's resources: one a line, fields between bars.
/// </summary>
/// <param name="Index">Which life.</param>
/// <param name="Stored">What was stored: one field or several.</param>
/// <param name="Lease">The place that the life's first step was given; none but under concurrency.</param>
/// <param name="Look">What that build answered to the look.</param>
public sealed record StoredPayload(int Index, IReadOnlyList<string> Stored, LeaseId Lease, string Look)
{
    /// <summary>Reads a resource.</summary>
    /// <param name="assembly">Whose.</param>
    /// <param name="name">Its name.</param>
    /// <returns>The payloads.</returns>
    public static IReadOnlyList<StoredPayload> ReadAll(Assembly assembly, string name)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        using var stream = assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"There is no {name}.");
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Read)];
    }

    private static StoredPayload Read(string line)
    {
        var fields = line.Split('|');
        var lease = new LeaseId(UInt128.Parse(fields[^2], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        return new StoredPayload(int.Parse(fields[0], CultureInfo.InvariantCulture), fields[1..^2], lease, fields[^1]);
    }
}
