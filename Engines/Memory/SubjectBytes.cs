using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// A subject as the table stores it: the first 24 bytes in place, the rest, which most subjects do not have, in an array.
/// </summary>
internal struct SubjectBytes
{
    private const int InPlace = 24;
    private const int Longest = 192;

    private const int ArrayHeader = 24;

    private First _first;
    private byte[]? _rest;

    /// <summary>What it takes of memory beside its place: nothing, for most.</summary>
    public readonly int MoreBytes => _rest is null ? 0 : ArrayHeader + (_rest.Length + 7) / 8 * 8;

    /// <summary>
    /// Narrows a subject, which is ASCII, and finds its hash, which is keyed per process: nobody outside can choose subjects that collide.
    /// </summary>
    public static void Read(string subject, out SubjectBytes bytes, out int hash)
    {
        bytes = default;
        if (subject.Length <= InPlace)
        {
            Ascii.FromUtf16(subject, MemoryMarshal.AsBytes((Span<long>)bytes._first), out _);
            hash = string.GetHashCode(MemoryMarshal.Cast<long, char>((ReadOnlySpan<long>)bytes._first));
            return;
        }

        Span<byte> all = stackalloc byte[Longest];
        Ascii.FromUtf16(subject, all, out var length);
        all[..InPlace].CopyTo(MemoryMarshal.AsBytes((Span<long>)bytes._first));
        bytes._rest = all[InPlace..length].ToArray();
        hash = string.GetHashCode(subject);
    }

    /// <summary>Whether both are the same subject: no subject holds a zero byte, so shorter ones differ in their padding.</summary>
    public static bool Same(in SubjectBytes a, in SubjectBytes b) =>
        ((ReadOnlySpan<long>)a._first).SequenceEqual(b._first) && a._rest.AsSpan().SequenceEqual(b._rest);

    [InlineArray(InPlace / sizeof(long))]
    private struct First
    {
        private long _eight;
    }
}
