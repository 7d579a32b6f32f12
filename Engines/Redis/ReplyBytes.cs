using System.Buffers.Binary;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Redis;

/// <summary>What the scripts return (<c>begin.lua</c>).</summary>
internal static class ReplyBytes
{
    private const int AnswerLength = 47;
    private const int RepeatedAnswerPlace = 25;
    private const int LeasePlace = 9;

    public static ReplyKind KindOf(ReadOnlySpan<byte> reply) => (reply.Length, reply.IsEmpty ? byte.MaxValue : reply[0]) switch
    {
        (AnswerLength, 0) => ReplyKind.Decided,
        (AnswerLength, 6) => ReplyKind.DecidedNew,
        (1, 5) => ReplyKind.NoRoom,
        (1, 7) => ReplyKind.NotInBatch,
        (1, 8) => ReplyKind.PermitsAreOut,
        ( > 1, 1) => ReplyKind.OtherSpec,
        ( > 1, 4) => ReplyKind.NeedsOtherSpec,
        (1, 2) => ReplyKind.RequestIdReused,
        (RepeatedAnswerPlace + AnswerLength, 3) => ReplyKind.Repeated,
        _ => throw new InvalidOperationException("A script returned what is no reply."),
    };

    /// <summary>How long the reply is that others stand behind: of a batch's.</summary>
    public static int LengthAt(ReadOnlySpan<byte> replies) => (replies.IsEmpty ? byte.MaxValue : replies[0]) switch
    {
        0 or 6 => AnswerLength,
        5 or 7 => 1,
        _ => throw new InvalidOperationException("A script returned what is no reply."),
    };

    /// <summary>
    /// The rules that the state is under: of a reply of kind <see cref="ReplyKind.OtherSpec"/>, where a leading zero says that there are
    /// some of each kind, or of kind <see cref="ReplyKind.NeedsOtherSpec"/>.
    /// </summary>
    public static ReadOnlySpan<byte> RulesIn(ReadOnlySpan<byte> reply) => reply[1..];

    /// <summary>
    /// Of a reply of kind <see cref="ReplyKind.OtherSpec"/>: whether the key has a state of each kind, whose rules are not told yet.
    /// </summary>
    public static bool HasBothKinds(ReadOnlySpan<byte> reply) => reply[1] == 0;

    /// <summary>A decision that was made now. A turn that has come has no name.</summary>
    public static Decision Decided(ReadOnlySpan<byte> reply, LeaseId newLease, bool isTurn)
    {
        var decision = Read(reply, newLease);
        return isTurn && decision.Delay == Wait.None ? decision with { Lease = LeaseId.None } : decision;
    }

    /// <summary>A decision that was made before, as told now.</summary>
    public static Decision Repeated(ReadOnlySpan<byte> reply, Operation operation)
    {
        var passed = Wait.OfMicroseconds((long)BinaryPrimitives.ReadDoubleLittleEndian(reply[1..]));
        var lease = operation == Operation.Release
            ? LeaseId.None
            : new LeaseId(BinaryPrimitives.ReadUInt128LittleEndian(reply[LeasePlace..]));
        var decision = Read(reply[RepeatedAnswerPlace..], lease);
        return decision with
        {
            // Its instants stay, so its waits are shorter.
            RetryAfter = decision.RetryAfter.After(passed),
            ResetAfter = decision.ResetAfter.After(passed),
            NextAfter = decision.NextAfter.After(passed),
            Delay = decision.Delay.After(passed),
            Charged = operation == Operation.Peek ? 0 : decision.Charged,
        };
    }

    private static Decision Read(ReadOnlySpan<byte> answer, LeaseId lease)
    {
        long charged = BinaryPrimitives.ReadInt32LittleEndian(answer[11..]);
        return new Decision
        {
            Outcome = OutcomeOf(answer[1]),
            Tightest = answer[2],
            Remaining = BinaryPrimitives.ReadInt32LittleEndian(answer[3..]),
            Limit = BinaryPrimitives.ReadInt32LittleEndian(answer[7..]),
            Charged = charged,
            RetryAfter = WaitAt(answer[15..]),
            ResetAfter = WaitAt(answer[23..]),
            NextAfter = WaitAt(answer[31..]),
            Delay = WaitAt(answer[39..]),
            Lease = charged > 0 ? lease : LeaseId.None,
        };
    }

    private static Outcome OutcomeOf(byte number) => number switch
    {
        0 => Outcome.Admitted,
        1 => Outcome.Limited,
        2 => Outcome.CostAboveCapacity,
        3 => Outcome.UnknownLease,
        _ => throw new InvalidOperationException("A script returned an outcome that there is not."),
    };

    private static Wait WaitAt(ReadOnlySpan<byte> place)
    {
        var microseconds = (long)BinaryPrimitives.ReadDoubleLittleEndian(place);
        return microseconds < 0 ? Wait.Never : Wait.OfMicroseconds(microseconds);
    }
}

/// <summary>What a script's reply is.</summary>
internal enum ReplyKind
{
    Decided,

    /// <summary>It decided, and made the key.</summary>
    DecidedNew,

    /// <summary>The key would have been made, or would have had to grow, and must not: nothing was done.</summary>
    NoRoom,

    /// <summary>The state is under another spec than the one named: nothing was done.</summary>
    OtherSpec,

    /// <summary>
    /// The state is under another content, and what is used has no room in the one named: a refund or charge has to be made under the
    /// other.
    /// </summary>
    NeedsOtherSpec,

    /// <summary>It has to be asked for alone: nothing was done.</summary>
    NotInBatch,

    /// <summary>Permits are out: the script of keys that lend has to decide. Nothing was done.</summary>
    PermitsAreOut,

    /// <summary>The request id was used with another cost.</summary>
    RequestIdReused,

    /// <summary>The request was answered before.</summary>
    Repeated,
}
