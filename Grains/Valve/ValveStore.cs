using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Records;
using OrleansLimiter.Valve.Tokens;

namespace OrleansLimiter.Grains.Valve;

/// <summary>
/// One valve in grain storage: a snapshot, and the records since in segments. A batch is appended to the open segment, which is written
/// anew, until that is full; then the next one opens, in the slot of one that the snapshot no longer needs. Which segment comes next
/// follows from what is stored alone, nothing is ever deleted, and each write compares the etag: so two activations can never both append.
/// Owned by one activation, one operation at a time.
/// </summary>
internal sealed partial class ValveStore(IGrainStorage storage, GrainId sale, SaleId name, ValveLogSize size, ILogger logger)
{
    private const string SnapshotName = "valve";
    private const int ReadTogether = 16;

    private static readonly StoredValve Nothing = new();

    private readonly ValveSegment _open = new();
    private ValveSpecMessage? _spec;
    private string? _snapshotETag;
    private long _firstSegment;
    private bool _isDoubtful;
    private SeedSeal _seal = SeedSeal.None;

    /// <summary>What the valve was set up with; null where none is stored.</summary>
    public ValveSpecMessage? Spec => _spec;

    /// <summary>Whether the log is long enough for a snapshot.</summary>
    public bool NeedsSnapshot => _open.Number - _firstSegment >= size.SegmentsPerSnapshot;

    /// <summary>Whether there is no room for another segment until a snapshot is stored.</summary>
    public bool IsFull => _open.Number + 1 - _firstSegment >= size.Slots;

    /// <summary>The key by which the seed is opened and sealed from now on.</summary>
    public void SealWith(SeedSeal seal) => _seal = seal;

    /// <summary>Reads all that is stored.</summary>
    /// <param name="snapshot">Where the snapshot goes to.</param>
    /// <param name="records">Where the records since go to.</param>
    /// <param name="cancellationToken">The caller's deadline.</param>
    /// <returns>Whether storage could be read, and what is there is whole.</returns>
    /// <exception cref="OperationCanceledException">The caller did not wait for it.</exception>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Each provider throws what it likes; the caller is told that the valve cannot be asked.")]
    public async ValueTask<bool> TryReadAsync(
        IList<ValveRecord> snapshot, ICollection<ValveRecord> records, CancellationToken cancellationToken)
    {
        try
        {
            var head = await ReadAsync(SnapshotName, cancellationToken);
            if (head.ETag is null)
                return true;
            if (head.Held is not { Spec: { } spec, Segment: > 0, Records: { } bytes } || !ValveWireMap.TryRead(bytes, snapshot))
                return TellNotWhole();
            if (head.Held.Seed is { } block && !TryOpen(block, snapshot))
                return TellSealed();
            (_snapshotETag, _firstSegment) = (head.ETag, head.Held.Segment);
            if (!await TryReadLogAsync(records, cancellationToken))
                return TellNotWhole();
            _spec = spec;
            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogReadFailed(logger, failure);
            return false;
        }
    }

    /// <summary>Stores a valve that was set up just now.</summary>
    public Task<StoreResult> BeginAsync(ValveSpecMessage spec, IReadOnlyList<ValveRecord> snapshot)
    {
        _open.Begin(1, null);
        return WriteSnapshotAsync(spec, snapshot);
    }

    /// <summary>Appends a batch. After <see cref="StoreResult.Failed"/> the same batch must come again.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Each provider throws what it likes; the batch is stored again.")]
    public async Task<StoreResult> AppendAsync(IReadOnlyList<ValveRecord> batch)
    {
        try
        {
            if (_open.Length >= size.SegmentBytes && !await TryOpenNextAsync())
                return Lost();
            var bytes = _open.With(batch);
            if (_isDoubtful && await IsThereAsync(bytes))
                return Stored(bytes, _open.ETag);
            _isDoubtful = true;
            var state = new GrainState<StoredValve>(new StoredValve(null, _open.Number, bytes), _open.ETag!)
            {
                RecordExists = _open.ETag is not null,
            };
            await storage.WriteStateAsync(SlotOf(_open.Number), sale, state);
            return Stored(bytes, state.ETag);
        }
        catch (InconsistentStateException)
        {
            return Lost();
        }
        catch (Exception failure)
        {
            LogWriteFailed(logger, failure);
            return StoreResult.Failed;
        }
    }

    /// <summary>Stores a snapshot of all that is stored by now, so that the segments before the open one can be used again.</summary>
    public Task<StoreResult> WriteSnapshotAsync(IReadOnlyList<ValveRecord> snapshot) => WriteSnapshotAsync(_spec!, snapshot);

    /// <summary>Tells that what was read makes no sense.</summary>
    /// <returns>False.</returns>
    public bool TellNotWhole()
    {
        LogNotWhole(logger);
        return false;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Each provider throws what it likes; the snapshot is stored again after the next batch.")]
    private async Task<StoreResult> WriteSnapshotAsync(ValveSpecMessage spec, IReadOnlyList<ValveRecord> snapshot)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var isSealed = _seal.HasKeys && snapshot[0].Kind == ValveRecordKind.StartedBound;
        var first = snapshot[0];
        ValveWireMap.Write(isSealed ? [first with { User = default, A = 0, B = 0 }, .. snapshot.Skip(1)] : snapshot, bytes);
        var block = isSealed ? _seal.Seal(name, StartRecord.SeedOf(first)) : null;
        var state = new GrainState<StoredValve>(new StoredValve(spec, _open.Number, bytes.WrittenSpan.ToArray(), block), _snapshotETag!)
        {
            RecordExists = _snapshotETag is not null,
        };
        try
        {
            await storage.WriteStateAsync(SnapshotName, sale, state);
            (_spec, _snapshotETag, _firstSegment) = (spec, state.ETag, _open.Number);
            return StoreResult.Stored;
        }
        catch (InconsistentStateException)
        {
            return Lost();
        }
        catch (Exception failure)
        {
            LogWriteFailed(logger, failure);
            return StoreResult.Failed;
        }
    }

    /// <summary>Puts the seed where the snapshot has zeros for it.</summary>
    private bool TryOpen(byte[] block, IList<ValveRecord> snapshot)
    {
        if (snapshot.Count == 0 || !_seal.TryOpen(name, block, out var seed))
            return false;
        snapshot[0] = StartRecord.With(snapshot[0], seed);
        return true;
    }

    private bool TellSealed()
    {
        LogSealed(logger);
        return false;
    }

    private async ValueTask<bool> TryReadLogAsync(ICollection<ValveRecord> records, CancellationToken cancellationToken)
    {
        _open.Begin(_firstSegment, null);
        for (var number = _firstSegment; number - _firstSegment < size.Slots; number += ReadTogether)
        {
            var slots = await Task.WhenAll(Enumerable.Range(0, ReadTogether).Select(i => ReadAsync(SlotOf(number + i), cancellationToken)));
            for (var i = 0; i < slots.Length; i++)
            {
                var held = slots[i].Held;
                if (held.Segment < number + i)
                    return IsTheEnd(slots, i, number) && (number + i > _firstSegment || OpenFirst(slots[i]));
                if (held.Segment != number + i || held.Records is not { } bytes || !ValveWireMap.TryRead(bytes, records))
                    return false;
                _open.Begin(number + i, slots[i].ETag, bytes);
            }
        }

        return true;

        // Something later behind a segment that is not there: what was between is lost.
        static bool IsTheEnd(Slot[] slots, int end, long number) =>
            slots.Index().Skip(end).All(slot => slot.Item.Held.Segment < number + slot.Index);

        bool OpenFirst(Slot slot)
        {
            _open.Begin(_firstSegment, slot.ETag);
            return true;
        }
    }

    private async ValueTask<bool> TryOpenNextAsync()
    {
        if (IsFull)
            return false;
        var next = _open.Number + 1;
        var slot = await ReadAsync(SlotOf(next), CancellationToken.None);
        if (slot.Held.Segment >= next)
            return false;
        _open.Begin(next, slot.ETag);
        return true;
    }

    /// <summary>Whether the write that failed was done all the same.</summary>
    private async ValueTask<bool> IsThereAsync(byte[] bytes)
    {
        var slot = await ReadAsync(SlotOf(_open.Number), CancellationToken.None);
        if (slot.Held.Segment != _open.Number || !bytes.AsSpan().SequenceEqual(slot.Held.Records))
            return false;
        _open.Begin(_open.Number, slot.ETag, bytes);
        return true;
    }

    private async Task<Slot> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var record = new GrainState<StoredValve>(Nothing);
        await storage.ReadStateAsync(name, sale, record, cancellationToken).WaitAsync(cancellationToken);
        return record.RecordExists ? new Slot(record.State ?? Nothing, record.ETag) : new Slot(Nothing, null);
    }

    private StoreResult Stored(byte[] bytes, string? etag)
    {
        _isDoubtful = false;
        _open.Begin(_open.Number, etag, bytes);
        return StoreResult.Stored;
    }

    private StoreResult Lost()
    {
        LogLost(logger);
        return StoreResult.Lost;
    }

    private string SlotOf(long segment) => string.Create(CultureInfo.InvariantCulture, $"valve-{segment % size.Slots}");

    [LoggerMessage(1, LogLevel.Warning, "A valve could not be read: it answers once it can")]
    private static partial void LogReadFailed(ILogger logger, Exception failure);

    [LoggerMessage(2, LogLevel.Warning, "A valve could not be stored: it answers again once it can")]
    private static partial void LogWriteFailed(ILogger logger, Exception failure);

    [LoggerMessage(3, LogLevel.Error, "What is stored of a valve is not whole: it does not answer")]
    private static partial void LogNotWhole(ILogger logger);

    [LoggerMessage(4, LogLevel.Warning, "Another activation of a valve has stored: this one ends")]
    private static partial void LogLost(ILogger logger);

    [LoggerMessage(5, LogLevel.Information, "A valve's seed is sealed: the valve answers once a front end has handed over the key")]
    private static partial void LogSealed(ILogger logger);

    /// <summary>What stands under a name; no etag where nothing was ever written.</summary>
    private readonly record struct Slot(StoredValve Held, string? ETag);
}
