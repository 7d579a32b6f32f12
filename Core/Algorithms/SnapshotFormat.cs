using System.Collections.Immutable;
using OrleansLimiter.Core.Algorithms.Concurrency;
using OrleansLimiter.Core.Algorithms.Gcra;
using OrleansLimiter.Core.Algorithms.LeakyBucket;
using OrleansLimiter.Core.Algorithms.SlidingWindowLog;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>
/// The order of a snapshot's numbers: version; cells (count, then A B C each); logs (count, then for each its count, then
/// instant and permits each); leases (count, then id high, id low, permits, expiry each); answered requests (count, then
/// <see cref="NumbersPerAnswer"/> each). A lease id's two halves are the bits of two longs. Version 2, written only where there is one,
/// ends with a state aside: its spec (<see cref="SideStateFormat"/>), then cells, logs and leases. A leaky bucket's turns stand where
/// leases do, since builds that know of none read them there, keep them and make nothing of them: a free part as its numerators, start and
/// end, a named turn as name, -(permits * 2^32 + numerator), and start; that is negative, so their order need not be kept.
/// </summary>
internal static class SnapshotFormat
{
    private const long Version = 1;
    private const long VersionWithAside = 2;
    private const int NumbersPerAnswer = 16;
    private const int NumeratorBits = 32;

    /// <summary>Writes a state under a spec.</summary>
    public static KeySnapshot Write(in KeyState state, LimitSpec spec)
    {
        var aside = state.Rest?.Aside;
        var numbers = ImmutableArray.CreateBuilder<long>();
        numbers.Add(aside is null ? Version : VersionWithAside);
        WriteState(numbers, state, spec);
        var answered = state.Rest?.Answered?.All ?? [];
        numbers.Add(answered.Count);
        foreach (var answer in answered)
            WriteAnswer(numbers, answer);
        if (aside is not null)
        {
            SideStateFormat.WriteSpec(numbers, aside.Spec);
            WriteState(numbers, aside.State, aside.Spec);
        }

        return new KeySnapshot(numbers.ToImmutable(), [.. answered.Select(answer => answer.Id)]);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; false for anything else.</summary>
    public static bool TryRead(KeySnapshot snapshot, LimitSpec spec, out KeyState state)
    {
        var reader = new Reader(snapshot.Numbers.IsDefault ? [] : snapshot.Numbers.AsSpan());
        state = default;
        var version = reader.Next();
        return version is Version or VersionWithAside
            && TryReadState(ref reader, spec, ref state)
            && TryReadAnswers(ref reader, snapshot.RequestIds.IsDefault ? [] : snapshot.RequestIds, ref state)
            && (version == Version || TryReadAside(ref reader, spec.Version.Revision, ref state))
            && reader.IsAtEnd;
    }

    private static void WriteState(ImmutableArray<long>.Builder numbers, in KeyState state, LimitSpec spec)
    {
        WriteCells(numbers, state, spec.Bandwidths.Length);
        WriteLogs(numbers, state.Rest?.Logs ?? []);
        if (spec.Algorithm == Algorithm.LeakyBucket)
            WriteTurns(numbers, state.Rest?.Turns);
        else
            WriteLeases(numbers, state.Rest?.Leases);
    }

    private static bool TryReadState(ref Reader reader, LimitSpec spec, ref KeyState state) =>
        TryReadCells(ref reader, spec.Bandwidths.Length, ref state)
        && TryReadLogs(ref reader, spec.Bandwidths.Length, ref state)
        && (spec.Algorithm == Algorithm.LeakyBucket ? TryReadTurns(ref reader, ref state) : TryReadLeases(ref reader, ref state));

    private static bool TryReadAside(ref Reader reader, long revision, ref KeyState state)
    {
        var algorithm = reader.Next();
        var numbers = new long[reader.Count(SideStateFormat.NumbersPerBandwidth) * SideStateFormat.NumbersPerBandwidth];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = reader.Next();
        var aside = default(KeyState);
        if (!SideStateFormat.TryReadSpec(algorithm, numbers, revision, out var spec) || !TryReadState(ref reader, spec, ref aside))
            return false;
        state.Rest ??= new KeyRest();
        state.Rest.Aside = new KeyAside(spec, aside);
        return true;
    }

    private static void WriteCells(ImmutableArray<long>.Builder numbers, in KeyState state, int bandwidths)
    {
        numbers.Add(bandwidths);
        for (var i = 0; i < bandwidths; i++)
        {
            // A log has no cells; a state of one bandwidth has no more than the first.
            var cells = i == 0 || state.Rest?.More is not null ? state.Cells(i) : default;
            numbers.AddRange(cells.A, cells.B, cells.C);
        }
    }

    private static bool TryReadCells(ref Reader reader, int bandwidths, ref KeyState state)
    {
        if (reader.Next() != bandwidths)
            return false;
        for (var i = 0; i < bandwidths; i++)
            state.SetCells(new StateCells(reader.Next(), reader.Next(), reader.Next()), i, bandwidths);
        return reader.IsGood;
    }

    private static void WriteLogs(ImmutableArray<long>.Builder numbers, InstantLog?[] logs)
    {
        numbers.Add(logs.Length);
        foreach (var log in logs)
        {
            numbers.Add(log?.Count ?? 0);
            for (var i = 0; i < (log?.Count ?? 0); i++)
                numbers.AddRange(log![i].Instant, log[i].Permits);
        }
    }

    private static bool TryReadLogs(ref Reader reader, int bandwidths, ref KeyState state)
    {
        var count = reader.Count(1);
        if (count == 0)
            return reader.IsGood;
        if (count != bandwidths)
            return false;
        state.Rest ??= new KeyRest();
        state.Rest.Logs = new InstantLog[bandwidths];
        for (var i = 0; i < bandwidths; i++)
        {
            var log = state.Rest.Logs[i] = new InstantLog();
            for (var left = reader.Count(2); left > 0; left--)
                log.Add(reader.Next(), reader.Next());
        }

        return reader.IsGood;
    }

    private static void WriteLeases(ImmutableArray<long>.Builder numbers, LeaseTable? leases)
    {
        numbers.Add(leases?.Count ?? 0);
        for (var i = 0; i < (leases?.Count ?? 0); i++)
            numbers.AddRange(High(leases![i].Id), Low(leases[i].Id), leases[i].Permits, leases[i].Expiry);
    }

    private static bool TryReadLeases(ref Reader reader, ref KeyState state)
    {
        var left = reader.Count(4);
        if (left == 0)
            return reader.IsGood;
        state.Rest ??= new KeyRest();
        var leases = state.Rest.Leases = new LeaseTable();
        for (; left > 0; left--)
            leases.Add(new LeaseTable.Entry(Lease(reader.Next(), reader.Next()), reader.Next(), reader.Next()));
        return reader.IsGood;
    }

    private static void WriteTurns(ImmutableArray<long>.Builder numbers, TurnTable? turns)
    {
        if (turns is null)
        {
            numbers.Add(0);
            return;
        }

        numbers.Add(turns.AllFree.Length + turns.AllNamed.Length);
        foreach (var part in turns.AllFree)
            numbers.AddRange(part.Start.Numerator, part.End.Numerator, part.Start.Ticks, part.End.Ticks);
        foreach (var turn in turns.AllNamed)
            numbers.AddRange(High(turn.Name), Low(turn.Name), -(turn.Permits << NumeratorBits | turn.Start.Numerator), turn.Start.Ticks);
    }

    private static bool TryReadTurns(ref Reader reader, ref KeyState state)
    {
        var left = reader.Count(4);
        if (left == 0)
            return reader.IsGood;
        var (free, named) = (new List<TurnTable.Free>(), new List<TurnTable.Named>());
        for (; left > 0; left--)
        {
            var (first, second, third, last) = (reader.Next(), reader.Next(), reader.Next(), reader.Next());
            if (third >= 0)
                free.Add(new(new GcraState(third, first), new GcraState(last, second)));
            else
                named.Add(new(Lease(first, second), new GcraState(last, -third & uint.MaxValue), -third >> NumeratorBits));
        }

        state.SetTurns(TurnTable.Of(free, named));
        return reader.IsGood;
    }

    private static void WriteAnswer(ImmutableArray<long>.Builder numbers, AnsweredRequests.Answered answer)
    {
        var decision = answer.Decision;
        numbers.AddRange(
            (long)answer.Operation,
            answer.Permits,
            High(answer.Lease),
            Low(answer.Lease),
            answer.At.Microseconds,
            (long)decision.Outcome,
            decision.Tightest,
            decision.Remaining,
            decision.Limit,
            decision.Charged,
            decision.RetryAfter.Microseconds,
            decision.ResetAfter.Microseconds,
            decision.NextAfter.Microseconds,
            decision.Delay.Microseconds,
            High(decision.Lease),
            Low(decision.Lease));
    }

    private static bool TryReadAnswers(ref Reader reader, ImmutableArray<string> ids, ref KeyState state)
    {
        if (reader.Count(NumbersPerAnswer) != ids.Length)
            return false;
        foreach (var id in ids)
        {
            state.RememberRequests().Remember(new AnsweredRequests.Answered(
                id,
                (Operation)reader.Next(),
                reader.Next(),
                Lease(reader.Next(), reader.Next()),
                At: new Instant(reader.Next()),
                Decision: new Decision
                {
                    Outcome = (Outcome)reader.Next(),
                    Tightest = (int)reader.Next(),
                    Remaining = reader.Next(),
                    Limit = reader.Next(),
                    Charged = reader.Next(),
                    RetryAfter = WaitOf(reader.Next()),
                    ResetAfter = WaitOf(reader.Next()),
                    NextAfter = WaitOf(reader.Next()),
                    Delay = WaitOf(reader.Next()),
                    Lease = Lease(reader.Next(), reader.Next()),
                }));
        }

        return reader.IsGood;
    }

    private static long High(LeaseId id) => (long)(ulong)(id.Bits >> 64);

    private static long Low(LeaseId id) => (long)(ulong)id.Bits;

    private static LeaseId Lease(long high, long low) => new(new UInt128((ulong)high, (ulong)low));

    private static Wait WaitOf(long microseconds) => microseconds < 0 ? Wait.Never : Wait.OfMicroseconds(microseconds);

    /// <summary>Reads numbers one by one; past the end it reads zeros and remembers that it did.</summary>
    private ref struct Reader(ReadOnlySpan<long> numbers)
    {
        private readonly ReadOnlySpan<long> _numbers = numbers;
        private int _place;

        public bool IsGood { get; private set; } = true;

        public readonly bool IsAtEnd => IsGood && _place == _numbers.Length;

        public long Next()
        {
            IsGood &= _place < _numbers.Length;
            return IsGood ? _numbers[_place++] : 0;
        }

        /// <summary>How many entries of so many numbers follow: none, and no longer good, if that many cannot.</summary>
        public int Count(int numbersEach)
        {
            var count = Next();
            IsGood &= count >= 0 && count <= (_numbers.Length - _place) / numbersEach;
            return IsGood ? (int)count : 0;
        }
    }
}
