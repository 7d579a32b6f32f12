using System.Globalization;

namespace OrleansLimiter.Valve;

/// <summary>
/// The name of one admission: 64 bits of the valve's own (a hash of its seed) and the number of the place that was admitted. A place is
/// admitted once at most, so no two admissions share a name; a valve that is set up anew has another seed.
/// </summary>
/// <param name="Valve">The valve's bits.</param>
/// <param name="Place">The place's number.</param>
internal readonly record struct AdmissionId(ulong Valve, long Place)
{
    private const int HexLength = 32;

    /// <summary>Reads an admission's name.</summary>
    /// <param name="text">32 lower-case hexadecimal digits.</param>
    /// <param name="id">The name, if the text is one.</param>
    /// <returns>Whether it is.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out AdmissionId id)
    {
        var good = UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            && text.Length == HexLength;
        id = good ? new AdmissionId((ulong)(bits >> 64), (long)(ulong)bits) : default;
        return good;
    }

    /// <summary>The name as tokens and purchases write it.</summary>
    /// <returns>32 lower-case hexadecimal digits.</returns>
    public override string ToString() => new UInt128(Valve, (ulong)Place).ToString("x32", CultureInfo.InvariantCulture);
}
