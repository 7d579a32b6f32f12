using System.Collections.Concurrent;
using System.Threading.Channels;
using Orleans.Storage;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>
/// Grain storage that all silos share and that outlives them: records as the default serializer writes them, etags compared, and
/// a signal for every save. Safe for many threads.
/// </summary>
internal sealed class Disk
{
    private readonly ConcurrentDictionary<GrainId, (string ETag, BinaryData Data)> _records = new();
    private readonly Channel<GrainId> _saves = Channel.CreateUnbounded<GrainId>();
    private long _etags;
    private int _conflicts;

    /// <summary>Whether reading and writing fail.</summary>
    public bool IsBroken { get; set; }

    /// <summary>How many saves met a conflict.</summary>
    public int Conflicts => Volatile.Read(ref _conflicts);

    public bool Has(GrainId key) => _records.ContainsKey(key);

    /// <summary>Takes a record out, so that it can be put back later.</summary>
    public (string ETag, BinaryData Data) Copy(GrainId key) => _records[key];

    /// <summary>Puts a record there, as another activation would: under a new etag.</summary>
    public void Put(GrainId key, BinaryData data) => _records[key] = (NextETag(), data);

    /// <summary>Waits for the next save of a key that has not been waited for.</summary>
    public async Task SavedAsync(GrainId key, CancellationToken cancellationToken)
    {
        while (await _saves.Reader.ReadAsync(cancellationToken) != key)
        {
        }
    }

    /// <summary>The storage as a silo sees it.</summary>
    public IGrainStorage For(IGrainStorageSerializer serializer) => new Storage(this, serializer);

    private string NextETag() => Interlocked.Increment(ref _etags).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void Check(GrainId key, string? etag)
    {
        if (IsBroken)
            throw new IOException("The disk is broken.");
        var stored = _records.TryGetValue(key, out var record) ? record.ETag : null;
        if (stored == etag)
            return;
        Interlocked.Increment(ref _conflicts);
        throw new InconsistentStateException("The etag differs.", stored ?? "none", etag ?? "none");
    }

    private sealed class Storage(Disk disk, IGrainStorageSerializer serializer) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (disk.IsBroken)
                return Task.FromException(new IOException("The disk is broken."));
            if (disk._records.TryGetValue(grainId, out var record))
            {
                grainState.State = serializer.Deserialize<T>(record.Data);
                (grainState.ETag, grainState.RecordExists) = (record.ETag, true);
            }
            else
            {
                (grainState.ETag, grainState.RecordExists) = (null!, false);
            }

            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            lock (disk)
            {
                disk.Check(grainId, grainState.ETag);
                (grainState.ETag, grainState.RecordExists) = (disk.NextETag(), true);
                disk._records[grainId] = (grainState.ETag, serializer.Serialize(grainState.State));
            }

            disk._saves.Writer.TryWrite(grainId);
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            lock (disk)
            {
                disk.Check(grainId, grainState.ETag);
                disk._records.TryRemove(grainId, out _);
                (grainState.ETag, grainState.RecordExists) = (null!, false);
            }

            disk._saves.Writer.TryWrite(grainId);
            return Task.CompletedTask;
        }
    }
}
