using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace OrleansLimiter.Hosting.Reading;

/// <summary>
/// Percent-decoding that never guesses. The framework leaves what it cannot decode as it stands, so that <c>%ff</c> and <c>%25ff</c>
/// would name the same key; here the first is an error.
/// </summary>
internal static class PercentEncoding
{
    private const int Hexadecimal = 16;

    /// <summary>Decodes a part of a query or a path.</summary>
    /// <param name="encoded">The part as sent.</param>
    /// <param name="plusIsSpace">Whether <c>+</c> stands for a space, as in a query.</param>
    /// <param name="text">The text, if the part is valid.</param>
    /// <returns>Whether every <c>%</c> begins two hexadecimal digits and the bytes are UTF-8.</returns>
    public static bool TryDecode(ReadOnlySpan<char> encoded, bool plusIsSpace, [NotNullWhen(true)] out string? text)
    {
        text = null;
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(encoded.Length));
        try
        {
            var length = 0;
            for (var i = 0; i < encoded.Length; i++)
            {
                if (encoded[i] != '%')
                {
                    // A request line holds single bytes, which stand for themselves.
                    if (encoded[i] > byte.MaxValue)
                        return false;
                    bytes[length++] = plusIsSpace && encoded[i] == '+' ? (byte)' ' : (byte)encoded[i];
                    continue;
                }

                if (i + 2 >= encoded.Length || !char.IsAsciiHexDigit(encoded[i + 1]) || !char.IsAsciiHexDigit(encoded[i + 2]))
                    return false;
                bytes[length++] = (byte)(ValueOf(encoded[i + 1]) * Hexadecimal + ValueOf(encoded[i + 2]));
                i += 2;
            }

            if (!Utf8.IsValid(bytes.AsSpan(0, length)))
                return false;
            text = Encoding.UTF8.GetString(bytes, 0, length);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static int ValueOf(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : char.ToLowerInvariant(digit) - 'a' + 10;
}
