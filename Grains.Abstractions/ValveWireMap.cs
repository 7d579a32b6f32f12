using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Records;

namespace OrleansLimiter.Grains;

/// <summary>
/// The valve's values to the wire and back: the one place that knows both. Numbers of enumerations are written out, so that none moves by
/// accident.
/// </summary>
internal static class ValveWireMap
{
    private const int UserBytes = 16;

    private static readonly QueueState[] States =
    [
        QueueState.NoPlace, QueueState.NotOpen, QueueState.LineFull, QueueState.Joining, QueueState.PreQueue, QueueState.Waiting,
        QueueState.Admitted, QueueState.SoldOut, QueueState.Closed,
    ];

    private static readonly ValvePhase[] Phases =
    [
        ValvePhase.Scheduled, ValvePhase.PreQueue, ValvePhase.Open, ValvePhase.Paused, ValvePhase.SoldOut, ValvePhase.Closed,
    ];

    private static readonly PlaceEnded[] Endings = [PlaceEnded.NotHeld, PlaceEnded.Ended, PlaceEnded.Admitted];

    private static readonly ValveCommandKind[] Commands =
    [
        ValveCommandKind.Pause, ValveCommandKind.Resume, ValveCommandKind.SetRates, ValveCommandKind.SoldOut, ValveCommandKind.Close,
    ];

    /// <summary>A spec as it is sent and stored.</summary>
    /// <param name="spec">The spec.</param>
    /// <returns>The message.</returns>
    public static ValveSpecMessage ToMessage(ValveSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new(
            spec.PreQueueAt.Microseconds,
            spec.OpensAt.Microseconds,
            spec.Rates.Admissions,
            spec.Rates.WindowMicroseconds,
            spec.Rates.Checkout,
            spec.AcceptWithin.Ticks / TimeSpan.TicksPerMicrosecond,
            spec.MaxPlaces);
    }

    /// <summary>Reads a spec that was sent or stored.</summary>
    /// <param name="message">The message.</param>
    /// <param name="sale">The sale, by the actor's key.</param>
    /// <param name="spec">The spec, if the message is one.</param>
    /// <returns>Whether it is.</returns>
    public static bool TryReadSpec(ValveSpecMessage message, SaleId sale, [NotNullWhen(true)] out ValveSpec? spec)
    {
        ArgumentNullException.ThrowIfNull(message);
        spec = null;
        return ValveRates.TryCreate(message.Admissions, TimeOf(message.Window), message.Checkout, out var rates, out _)
            && ValveSpec.TryCreate(
                sale,
                new Instant(message.PreQueueAt),
                new Instant(message.OpensAt),
                rates,
                TimeOf(message.AcceptWithin),
                (int)Math.Clamp(message.MaxPlaces, 0, int.MaxValue),
                out spec,
                out _);
    }

    /// <summary>The spec that was sent.</summary>
    /// <param name="message">The message.</param>
    /// <param name="sale">The sale, by the actor's key.</param>
    /// <returns>The spec.</returns>
    /// <exception cref="ArgumentException">The message is no spec.</exception>
    public static ValveSpec ToSpec(ValveSpecMessage message, SaleId sale) =>
        TryReadSpec(message, sale, out var spec) ? spec : throw new ArgumentException("The message is no valve's spec.", nameof(message));

    /// <summary>An answer as it is sent.</summary>
    /// <param name="answer">What the valve tells.</param>
    /// <returns>The message.</returns>
    public static ValveAnswerMessage ToMessage(in ValveAnswer answer) => new(
        (byte)ReplyKind.Decided,
        NumberOf(States, answer.State),
        NumberOf(Phases, answer.Phase),
        answer.Place,
        answer.Position ?? 0,
        answer.Eta?.Microseconds ?? -1,
        answer.PollAfter.Microseconds,
        (byte)(answer.IsEarly ? 1 : 0),
        answer.Admission?.Id.Valve ?? 0,
        answer.Admission?.Id.Place ?? 0,
        answer.Admission?.ExpiresAt.Microseconds ?? 0,
        answer.OpensAt.Microseconds);

    /// <summary>The answer that was sent.</summary>
    /// <param name="message">A message of kind <see cref="ReplyKind.Decided"/>.</param>
    /// <param name="sale">The sale that was asked about.</param>
    /// <param name="user">The user who asked.</param>
    /// <returns>The answer.</returns>
    public static ValveAnswer ToAnswer(in ValveAnswerMessage message, SaleId sale, UserId user) => new()
    {
        State = ValueOf(States, message.State),
        Phase = ValueOf(Phases, message.Phase),
        Place = message.Place,
        Position = message.Position == 0 ? null : (int)message.Position,
        Eta = message.Eta < 0 ? null : Wait.OfMicroseconds(message.Eta),
        PollAfter = Wait.OfMicroseconds(message.PollAfter),
        IsEarly = message.IsEarly != 0,
        Admission = message.AdmissionPlace == 0
            ? null
            : new Admission(
                new AdmissionId(message.AdmissionValve, message.AdmissionPlace), sale, user, new Instant(message.AdmissionExpiresAt)),
        OpensAt = new Instant(message.OpensAt),
    };

    /// <summary>Users as they are sent.</summary>
    /// <param name="users">The users.</param>
    /// <returns>16 bytes each.</returns>
    public static byte[] ToMessage(IReadOnlyList<UserId> users)
    {
        var bytes = new byte[users.Count * UserBytes];
        for (var i = 0; i < users.Count; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * UserBytes), users[i].High);
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan((i * UserBytes) + sizeof(ulong)), users[i].Low);
        }

        return bytes;
    }

    /// <summary>The users that were sent; bytes that are left over are no user.</summary>
    /// <param name="bytes">16 bytes each.</param>
    /// <returns>The users.</returns>
    public static UserId[] ToUsers(ReadOnlySpan<byte> bytes)
    {
        var users = new UserId[bytes.Length / UserBytes];
        for (var i = 0; i < users.Length; i++)
        {
            var user = bytes.Slice(i * UserBytes, UserBytes);
            users[i] = new UserId(BinaryPrimitives.ReadUInt64BigEndian(user), BinaryPrimitives.ReadUInt64BigEndian(user[sizeof(ulong)..]));
        }

        return users;
    }

    /// <summary>An admission as it is sent.</summary>
    /// <param name="admission">The admission.</param>
    /// <returns>The message.</returns>
    public static AdmissionMessage ToMessage(in Admission admission) =>
        new(admission.Id.Valve, admission.Id.Place, admission.User.High, admission.User.Low);

    /// <summary>Whether a place ended, as it is sent.</summary>
    /// <param name="ended">What came of it.</param>
    /// <returns>The message.</returns>
    public static PlaceEndedMessage ToMessage(PlaceEnded ended) => new((byte)ReplyKind.Decided, NumberOf(Endings, ended));

    /// <summary>Whether a place ended, as it was sent.</summary>
    /// <param name="message">A message of kind <see cref="ReplyKind.Decided"/>.</param>
    /// <returns>What came of it.</returns>
    public static PlaceEnded ToEnded(in PlaceEndedMessage message) => ValueOf(Endings, message.Ended);

    /// <summary>A command as it is sent.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The message.</returns>
    public static ValveCommandMessage ToMessage(ValveCommand command) =>
        new(NumberOf(Commands, command.Kind), command.Rates.Admissions, command.Rates.WindowMicroseconds, command.Rates.Checkout);

    /// <summary>The command that was sent.</summary>
    /// <param name="message">The message.</param>
    /// <returns>The command.</returns>
    /// <exception cref="ArgumentException">The message is no command.</exception>
    public static ValveCommand ToCommand(in ValveCommandMessage message) => ValueOf(Commands, message.Command) switch
    {
        ValveCommandKind.Pause => ValveCommand.Pause,
        ValveCommandKind.Resume => ValveCommand.Resume,
        ValveCommandKind.SoldOut => ValveCommand.SoldOut,
        ValveCommandKind.Close => ValveCommand.Close,
        _ => ValveCommand.SetRates(RatesOf(message.Admissions, message.Window, message.Checkout)),
    };

    /// <summary>How a valve stands, as it is sent.</summary>
    /// <param name="status">How it stands.</param>
    /// <returns>The message.</returns>
    public static ValveStatusMessage ToMessage(in ValveStatus status) => new(
        (byte)ReplyKind.Decided,
        NumberOf(Phases, status.Phase),
        (byte)(status.IsPaused ? 1 : 0),
        status.Rates.Admissions,
        status.Rates.WindowMicroseconds,
        status.Rates.Checkout,
        status.Joining,
        status.Waiting,
        status.InCheckout,
        status.Counts.Joined,
        status.Counts.Admitted,
        status.Counts.Left,
        status.Counts.Died,
        status.Counts.NoShows,
        status.Counts.Completed,
        status.Counts.Abandoned,
        status.Unstored);

    /// <summary>How a valve stands, as it was sent.</summary>
    /// <param name="message">A message of kind <see cref="ReplyKind.Decided"/>.</param>
    /// <returns>How it stands.</returns>
    public static ValveStatus ToStatus(in ValveStatusMessage message) => new(
        ValueOf(Phases, message.Phase),
        message.IsPaused != 0,
        RatesOf(message.Admissions, message.Window, message.Checkout),
        (int)message.Joining,
        (int)message.Waiting,
        (int)message.InCheckout,
        new ValveCounts(
            message.Joined, message.Admitted, message.Left, message.Died, message.NoShows, message.Completed, message.Abandoned),
        message.Unstored);

    /// <summary>What may be published of a draw, as it is sent.</summary>
    /// <param name="proof">What may be published.</param>
    /// <returns>The message.</returns>
    public static DrawProofMessage ToMessage(DrawProof proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var places = ImmutableArray.CreateBuilder<long>(2 * proof.Places.Length);
        foreach (var run in proof.Places)
            places.AddRange(run.First, run.Last);
        return new(
            (byte)ReplyKind.Decided, proof.SeedHash, proof.PlacesHash, proof.Seed, places.MoveToImmutable(), (byte)(proof.IsBound ? 1 : 0));
    }

    /// <summary>What may be published of a draw, as it was sent.</summary>
    /// <param name="message">A message of kind <see cref="ReplyKind.Decided"/>.</param>
    /// <returns>What may be published.</returns>
    public static DrawProof ToProof(DrawProofMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var places = ImmutableArray.CreateBuilder<PlaceRun>(message.Places.Length / 2);
        for (var i = 0; i + 1 < message.Places.Length; i += 2)
            places.Add(new PlaceRun(message.Places[i], message.Places[i + 1]));
        return new DrawProof(message.SeedHash, message.PlacesHash, message.Seed, places.DrainToImmutable(), message.IsBound != 0);
    }

    /// <summary>Records as they are stored.</summary>
    /// <param name="records">The records.</param>
    /// <param name="bytes">Where to.</param>
    public static void Write(IReadOnlyList<ValveRecord> records, IBufferWriter<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(records);
        ArgumentNullException.ThrowIfNull(bytes);
        foreach (var record in records)
            bytes.Advance(ValveRecordFormat.Write(record, bytes.GetSpan(ValveRecordFormat.MaxBytes)));
    }

    /// <summary>The records that were stored.</summary>
    /// <param name="bytes">The bytes, up to their end.</param>
    /// <param name="records">Where to.</param>
    /// <returns>Whether all of the bytes are records.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ICollection<ValveRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        while (!bytes.IsEmpty)
        {
            if (!ValveRecordFormat.TryRead(ref bytes, out var record))
                return false;
            records.Add(record);
        }

        return true;
    }

    private static ValveRates RatesOf(long admissions, long window, long checkout) => ValveRates.Of(admissions, TimeOf(window), checkout);

    private static TimeSpan TimeOf(long microseconds) => TimeSpan.FromMicroseconds(Math.Clamp(microseconds, 0, Instant.MaxMicroseconds));

    private static byte NumberOf<T>(T[] numbered, T value) => (byte)Array.IndexOf(numbered, value);

    private static T ValueOf<T>(T[] numbered, byte number) =>
        number < numbered.Length
            ? numbered[number]
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"There is no {typeof(T).Name} of number {number}."));
}
