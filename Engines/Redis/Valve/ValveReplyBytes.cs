using System.Buffers.Binary;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Engines.Redis.Valve;

/// <summary>What the valve's scripts return (<c>valveBegin.lua</c>, and each script's own head).</summary>
internal static class ValveReplyBytes
{
    private const int StatusLength = 99;
    private const int AnswerLength = 60;
    private const int ProofHead = 10;

    // Written out, so that none moves by accident.
    private static readonly QueueState[] States =
    [
        QueueState.NoPlace, QueueState.NotOpen, QueueState.LineFull, QueueState.Joining, QueueState.PreQueue, QueueState.Waiting,
        QueueState.Admitted, QueueState.SoldOut, QueueState.Closed,
    ];

    private static readonly ValvePhase[] Phases =
        [ValvePhase.Scheduled, ValvePhase.PreQueue, ValvePhase.Open, ValvePhase.Paused, ValvePhase.SoldOut, ValvePhase.Closed];

    public static ValveReplyKind KindOf(ReadOnlySpan<byte> reply) => reply.IsEmpty || reply[0] > (byte)ValveReplyKind.BoundCodesMissing
        ? throw new InvalidOperationException("A script returned what is no reply.")
        : (ValveReplyKind)reply[0];

    /// <summary>Reads where a valve stands (<c>valveCodes.lua</c>).</summary>
    public static ValvePhase PhaseIn(ReadOnlySpan<byte> reply)
    {
        Expect(reply, 2);
        return Phases[reply[1]];
    }

    /// <summary>Reads how a valve stands (<c>valveStatus.lua</c>).</summary>
    public static ValveStatus Status(ReadOnlySpan<byte> reply)
    {
        Expect(reply, StatusLength);
        var rates = ValveRates.Of(Number(reply, 3), TimeSpan.FromMicroseconds(Number(reply, 11)), Number(reply, 19));
        var counts = new ValveCounts(
            Number(reply, 43), Number(reply, 51), Number(reply, 59), Number(reply, 67), Number(reply, 75), Number(reply, 83),
                Number(reply, 91));
        return new ValveStatus(Phases[reply[1]], reply[2] == 1, rates, 0, (int)Number(reply, 27), (int)Number(reply, 35), counts, 0);
    }

    /// <summary>Reads how a person stands (<c>valveAsk.lua</c>).</summary>
    public static ValveAnswer Answer(ReadOnlySpan<byte> reply, SaleId sale, UserId user)
    {
        Expect(reply, AnswerLength);
        var (place, position, eta, expiry) = (Number(reply, 4), Number(reply, 12), Number(reply, 20), Number(reply, 36));
        var admission = new Admission(
            new AdmissionId(BinaryPrimitives.ReadUInt64BigEndian(reply[^8..]), place), sale, user, new Instant(expiry));
        return new ValveAnswer
        {
            State = States[reply[1]],
            Phase = Phases[reply[2]],
            IsEarly = reply[3] == 1,
            Place = place,
            Position = position > 0 ? (int)position : null,
            Eta = eta >= 0 ? Wait.OfMicroseconds(eta) : null,
            PollAfter = Wait.OfMicroseconds(Number(reply, 28) * 1_000),
            Admission = expiry > 0 ? admission : null,
            OpensAt = new Instant(Number(reply, 44)),
        };
    }

    /// <summary>Reads whether something ended (<c>valveEnd.lua</c>).</summary>
    public static PlaceEnded Ended(ReadOnlySpan<byte> reply)
    {
        Expect(reply, 2);
        return reply[1] switch
        {
            1 => PlaceEnded.Ended,
            2 => PlaceEnded.Admitted,
            _ => PlaceEnded.NotHeld,
        };
    }

    /// <summary>Reads what may be published of a draw (<c>valveDraw.lua</c>).</summary>
    /// <exception cref="SealedSeedException">The draw was, and no key of this front end opens its seed.</exception>
    public static DrawProof Proof(ReadOnlySpan<byte> reply, DrawCodes codes)
    {
        var (isDrawn, isBound) = ((reply[1] & 1) != 0, (reply[1] & 2) != 0);
        var held = reply.Slice(ProofHead, DrawSeed.Bytes);
        var rest = reply[(ProofHead + DrawSeed.Bytes)..];
        if (!isDrawn)
            return new DrawProof(isBound ? Convert.ToHexStringLower(held) : new DrawSeed(held).Hash(), null, null, [], isBound);
        var seed = isBound ? codes.Open(rest.Slice(1, rest[0])) : new DrawSeed(held);
        var places = DrawCodes.RunsBetween(isBound ? rest[(1 + rest[0])..] : rest, Number(reply, 2));
        return new DrawProof(seed.Hash(), Draw.HashOf(places), seed.Reveal(), [.. places], isBound);
    }

    /// <summary>Reads a number of 6 bytes.</summary>
    public static long Short(ReadOnlySpan<byte> place) =>
        BinaryPrimitives.ReadUInt32LittleEndian(place) | (long)BinaryPrimitives.ReadUInt16LittleEndian(place[4..]) << 32;

    private static long Number(ReadOnlySpan<byte> reply, int at) => (long)BinaryPrimitives.ReadDoubleLittleEndian(reply[at..]);

    private static void Expect(ReadOnlySpan<byte> reply, int length)
    {
        if (reply.Length != length)
            throw new InvalidOperationException("A script returned what is no reply.");
    }
}

/// <summary>What a reply of the valve's scripts is.</summary>
internal enum ValveReplyKind : byte
{
    Answer,

    /// <summary>More was due than is done in one call; nothing was asked.</summary>
    Behind,

    /// <summary>Codes are missing for the draw of a sale that an earlier build set up; nothing was asked.</summary>
    CodesMissing,

    /// <summary>There is no such valve.</summary>
    Unknown,

    /// <summary>A part of what the valve knew is lost.</summary>
    Damaged,

    /// <summary>Codes are missing for the draw; nothing was asked.</summary>
    BoundCodesMissing,
}
