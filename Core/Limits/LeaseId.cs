using System.Globalization;

namespace OrleansLimiter.Core.Limits;

/// <summary>
/// The name of one place that a concurrency limit gave out: 128 bits, 96 of them random at least, made by the engine or by whoever asks for
/// it.
/// </summary>
/// <param name="Bits">The bits; 0 is <see cref="None"/>.</param>
public readonly record struct LeaseId(UInt128 Bits)
{
    private const int HexLength = 32;
    private const int RandomBits = 96;

    // What the first 32 bits of a provisional name are. In the name, since every engine keeps that: builds that do not know it hold the
    // place for its whole time to live.
    private const uint Mark = 0x6F6C7061;

    /// <summary>How long a place of a provisional name is held until it is renewed: 10 s, or its time to live if that is shorter.</summary>
    public static TimeSpan ProvisionalLife { get; } = TimeSpan.FromSeconds(10);

    /// <summary>No lease.</summary>
    public static LeaseId None => default;

    /// <summary>Whether there is no lease.</summary>
    public bool IsNone => Bits == UInt128.Zero;

    /// <summary>
    /// Whether the place is held for <see cref="ProvisionalLife"/> only, until it is renewed: so that a place that its caller never hears
    /// of is free soon, whoever dies.
    /// </summary>
    public bool IsProvisional => (uint)(Bits >> RandomBits) == Mark;

    /// <summary>A provisional name, to be renewed as soon as the caller has heard of the place.</summary>
    /// <param name="bits">128 random bits, of which it holds 96.</param>
    public static LeaseId Provisional(UInt128 bits) => new((UInt128)Mark << RandomBits | (bits & ((UInt128.One << RandomBits) - 1)));

    /// <summary>Reads a lease id as it stands on the wire.</summary>
    /// <param name="text">32 hexadecimal digits.</param>
    /// <param name="id">The id, if the text is one.</param>
    /// <returns>Whether the text is a lease id.</returns>
    public static bool TryParse(string? text, out LeaseId id)
    {
        var good = UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            && text!.Length == HexLength;
        id = good ? new LeaseId(bits) : default;
        return good && !id.IsNone;
    }

    /// <summary>The id as it stands on the wire.</summary>
    /// <returns>32 lower-case hexadecimal digits.</returns>
    public override string ToString() => Bits.ToString("x32", CultureInfo.InvariantCulture);
}
