using System.Globalization;

namespace OrleansLimiter.Core.Limits;

/// <summary>The name of one place that a concurrency limit gave out: 128 random bits, made by the engine.</summary>
/// <param name="Bits">The bits; 0 is <see cref="None"/>.</param>
public readonly record struct LeaseId(UInt128 Bits)
{
    private const int HexLength = 32;

    /// <summary>No lease.</summary>
    public static LeaseId None => default;

    /// <summary>Whether there is no lease.</summary>
    public bool IsNone => Bits == UInt128.Zero;

    /// <summary>Reads a lease id as it stands on the wire.</summary>
    /// <param name="text">32 hexadecimal digits.</param>
    /// <param name="id">The id, if the text is one.</param>
    /// <returns>Whether the text is a lease id.</returns>
    public static bool TryParse(string? text, out LeaseId id)
    {
        var good = UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits) && text!.Length == HexLength;
        id = good ? new LeaseId(bits) : default;
        return good && !id.IsNone;
    }

    /// <summary>The id as it stands on the wire.</summary>
    /// <returns>32 lower-case hexadecimal digits.</returns>
    public override string ToString() => Bits.ToString("x32", CultureInfo.InvariantCulture);
}
