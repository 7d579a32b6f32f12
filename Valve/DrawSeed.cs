using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve.Tokens;

namespace OrleansLimiter.Valve;

/// <summary>
/// The 256 random bits that decide a draw: fixed when the valve is set up, its hash published before anyone comes, itself at the opening.
/// Wherever it is stored it is sealed (<see cref="SeedSeal"/>).
/// </summary>
internal sealed class DrawSeed
{
    /// <summary>How many bytes a seed has.</summary>
    public const int Bytes = 32;

    private readonly byte[] _bytes;

    /// <summary>Creates a seed.</summary>
    /// <param name="bytes">32 bytes that nobody can guess.</param>
    /// <exception cref="ArgumentException">There are not 32 of them.</exception>
    public DrawSeed(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Bytes)
            throw new ArgumentException(new InvalidValue(
                "seed", bytes.Length.ToString(CultureInfo.InvariantCulture) + " bytes", "must be 32 bytes").ToString(), nameof(bytes));
        _bytes = bytes.ToArray();
    }

    /// <summary>The seed itself. Not to be shown before the opening.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>The SHA-256 of the seed, which is published before.</summary>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(_bytes));

    /// <summary>The seed as it is published.</summary>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public string Reveal() => Convert.ToHexStringLower(_bytes);

    /// <summary>Reads a seed as <see cref="Reveal"/> writes it.</summary>
    /// <param name="text">64 hexadecimal digits.</param>
    /// <param name="seed">The seed, if the text is one.</param>
    /// <returns>Whether it is.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out DrawSeed? seed)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        var good = text is { Length: 2 * Bytes } && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        seed = good ? new DrawSeed(bytes) : null;
        return good;
    }

    /// <summary>
    /// 64 bits that tell this valve's admissions from those of any other valve of the same sale. They say nothing of the seed.
    /// </summary>
    /// <returns>The upper half of an <see cref="AdmissionId"/>.</returns>
    public ulong AdmissionBits()
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_bytes, "admissions"u8, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
