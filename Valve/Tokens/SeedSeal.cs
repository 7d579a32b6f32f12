using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace OrleansLimiter.Valve.Tokens;

/// <summary>
/// Seals the seeds of draws wherever they are stored before the opening, so that whoever reads the store learns nothing of who will stand
/// where. AES-256-GCM under keys that front ends alone are given, derived from those that sign admissions (<see cref="AdmissionKeys"/>):
/// the newest seals, any of them opens. A seed is sealed for one sale. Immutable; never printed.
/// </summary>
/// <remarks>
/// A block is the number 1, the length of the key's id, the id, a nonce (12 bytes), the sealed seed (32) and its tag (16); or the number 0
/// and the seed itself, where nothing seals.
/// </remarks>
internal sealed class SeedSeal
{
    private const byte Clear = 0;
    private const byte Sealed = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int KeyBytes = 32;
    private static readonly byte[] Purpose = "OrleansLimiter draw seeds"u8.ToArray();

    private readonly (string Id, byte[] Key)[] _keys;

    private SeedSeal((string Id, byte[] Key)[] keys) => _keys = keys;

    /// <summary>Seals nothing: for stores that nobody else reads.</summary>
    public static SeedSeal None { get; } = new([]);

    /// <summary>Whether it has a key.</summary>
    public bool HasKeys => _keys.Length > 0;

    /// <summary>Seals by keys that are derived from those of admissions, so that they tell nothing of them.</summary>
    /// <param name="keys">The keys.</param>
    /// <returns>The seal.</returns>
    public static SeedSeal Of(AdmissionKeys keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return new([.. keys.All.Select(key => (key.Id, HKDF.DeriveKey(HashAlgorithmName.SHA256, key.Secret, KeyBytes, info: Purpose)))]);
    }

    /// <summary>The keys as one front end hands them to an owner that keeps them in memory alone.</summary>
    /// <returns>For each the length of its id, the id, and 32 bytes.</returns>
    public byte[] Export()
    {
        using var bytes = new MemoryStream();
        foreach (var (id, key) in _keys)
        {
            bytes.WriteByte((byte)id.Length);
            bytes.Write(Encoding.ASCII.GetBytes(id));
            bytes.Write(key);
        }

        return bytes.ToArray();
    }

    /// <summary>Takes over what <see cref="Export"/> gave.</summary>
    /// <param name="bytes">The keys.</param>
    /// <param name="seal">The seal, if they are keys.</param>
    /// <returns>Whether they are.</returns>
    public static bool TryImport(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SeedSeal? seal)
    {
        var keys = new List<(string, byte[])>();
        while (!bytes.IsEmpty && bytes.Length > bytes[0] + KeyBytes)
        {
            keys.Add((Encoding.ASCII.GetString(bytes.Slice(1, bytes[0])), bytes.Slice(1 + bytes[0], KeyBytes).ToArray()));
            bytes = bytes[(1 + bytes[0] + KeyBytes)..];
        }

        seal = bytes.IsEmpty ? new SeedSeal([.. keys]) : null;
        return seal is not null;
    }

    /// <summary>Seals a seed with the newest key. The same seed of the same sale gives the same block.</summary>
    /// <param name="sale">The sale, for which alone it can be opened.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The block: at most 78 bytes.</returns>
    public byte[] Seal(SaleId sale, DrawSeed seed)
    {
        ArgumentNullException.ThrowIfNull(seed);
        if (!HasKeys)
            return [Clear, .. seed.Span];
        var (id, key) = _keys[0];
        var nonce = NonceOf(key, sale, seed);
        var (text, tag) = (new byte[DrawSeed.Bytes], new byte[TagBytes]);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(nonce, seed.Span, text, tag, Encoding.ASCII.GetBytes(sale.Value));
        return [Sealed, (byte)id.Length, .. Encoding.ASCII.GetBytes(id), .. nonce, .. text, .. tag];
    }

    /// <summary>Opens a block.</summary>
    /// <param name="sale">The sale that it is of.</param>
    /// <param name="block">The block.</param>
    /// <param name="seed">The seed, if one of the keys sealed it for that sale.</param>
    /// <returns>Whether one did.</returns>
    public bool TryOpen(SaleId sale, ReadOnlySpan<byte> block, [NotNullWhen(true)] out DrawSeed? seed)
    {
        seed = null;
        if (block.Length == 1 + DrawSeed.Bytes && block[0] == Clear)
            seed = new DrawSeed(block[1..]);
        else if (block.Length > 2 && block[0] == Sealed && block.Length == 2 + block[1] + NonceBytes + DrawSeed.Bytes + TagBytes)
            seed = Open(sale, Encoding.ASCII.GetString(block.Slice(2, block[1])), block[(2 + block[1])..]);
        return seed is not null;
    }

    private DrawSeed? Open(SaleId sale, string id, ReadOnlySpan<byte> rest)
    {
        var key = Array.Find(_keys, known => known.Id == id).Key;
        if (key is null)
            return null;
        Span<byte> seed = stackalloc byte[DrawSeed.Bytes];
        using var aes = new AesGcm(key, TagBytes);
        try
        {
            aes.Decrypt(
                rest[..NonceBytes], rest.Slice(NonceBytes, DrawSeed.Bytes), rest[^TagBytes..], seed, Encoding.ASCII.GetBytes(sale.Value));
            return new DrawSeed(seed);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    // Made of what is sealed, as in SIV: two seeds never share a nonce, and no source of chance is needed.
    private static byte[] NonceOf(byte[] key, SaleId sale, DrawSeed seed)
    {
        byte[] text = [.. "nonce\n"u8, .. Encoding.ASCII.GetBytes(sale.Value), (byte)'\n', .. seed.Span];
        return HMACSHA256.HashData(key, text)[..NonceBytes];
    }
}
