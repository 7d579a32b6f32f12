using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// What a key whose subject does not fit in its place has instead of the group alone: the group, and the rest of the subject, which is 168
/// bytes at most. Immutable.
/// </summary>
internal abstract class LongSubject
{
    private LongSubject(KeyGroup group) => Group = group;

    /// <summary>What the key has in common with others.</summary>
    public KeyGroup Group { get; }

    /// <summary>What it takes of memory.</summary>
    public abstract int Bytes { get; }

    /// <summary>The rest, up to a zero byte.</summary>
    protected abstract ReadOnlySpan<byte> Rest { get; }

    /// <summary>The rest of a subject of more than 24 bytes, in the smallest room that has place for it.</summary>
    public static LongSubject Of(KeyGroup group, string subject)
    {
        var rest = subject.AsSpan(SubjectBytes.InPlace);
        return rest.Length switch
        {
            <= 16 => new InRoom<Of16>(group, rest),
            <= 40 => new InRoom<Of40>(group, rest),
            <= 72 => new InRoom<Of72>(group, rest),
            <= 112 => new InRoom<Of112>(group, rest),
            _ => new InRoom<Of168>(group, rest),
        };
    }

    /// <summary>Whether a subject of which the first bytes are the same is the same.</summary>
    public bool IsRestOf(string subject) =>
        subject.Length > SubjectBytes.InPlace && Ascii.Equals(Rest, subject.AsSpan(SubjectBytes.InPlace));

    private sealed class InRoom<TRoom> : LongSubject
        where TRoom : struct
    {
        private TRoom _room;

        public InRoom(KeyGroup group, ReadOnlySpan<char> rest)
            : base(group) => Ascii.FromUtf16(rest, All, out _);

        public override int Bytes => KeyWeight.ObjectHeader + KeyWeight.Reference + Unsafe.SizeOf<TRoom>();

        protected override ReadOnlySpan<byte> Rest => All.IndexOf((byte)0) is >= 0 and var length ? All[..length] : All;

        private Span<byte> All => MemoryMarshal.AsBytes(new Span<TRoom>(ref _room));
    }

    [InlineArray(16)]
    private struct Of16
    {
        private byte _first;
    }

    [InlineArray(40)]
    private struct Of40
    {
        private byte _first;
    }

    [InlineArray(72)]
    private struct Of72
    {
        private byte _first;
    }

    [InlineArray(112)]
    private struct Of112
    {
        private byte _first;
    }

    [InlineArray(168)]
    private struct Of168
    {
        private byte _first;
    }
}
