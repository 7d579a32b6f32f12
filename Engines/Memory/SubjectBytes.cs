using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// A subject as the table stores it: the first 24 bytes, which are all of most subjects. The rest of a long one is a
/// <see cref="LongSubject"/>'s.
/// </summary>
internal struct SubjectBytes
{
    /// <summary>How many bytes stand in place.</summary>
    public const int InPlace = 24;

    private First _first;

    /// <summary>Narrows a subject, which is ASCII.</summary>
    public static void Read(string subject, out SubjectBytes bytes)
    {
        bytes = default;
        var isLong = subject.Length > InPlace;
        Ascii.FromUtf16(isLong ? subject.AsSpan(0, InPlace) : subject, MemoryMarshal.AsBytes((Span<long>)bytes._first), out _);
    }

    /// <summary>
    /// Whether the first 24 bytes of both are the same: no subject holds a zero byte, so shorter ones differ in their padding.
    /// </summary>
    public static bool Same(in SubjectBytes a, in SubjectBytes b) => ((ReadOnlySpan<long>)a._first).SequenceEqual(b._first);

    [InlineArray(InPlace / sizeof(long))]
    private struct First
    {
        private long _eight;
    }
}
