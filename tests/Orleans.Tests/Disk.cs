using System.Collections.Concurrent;
using System.Threading.Channels;
using Orleans.Storage;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>
/// Grain storage that all silos share and that outlives them: records as the default serializer writes them, etags compared, and
/// a signal for every save. Safe for many threads.
/// </summary>
internal sealed class Disk
{
    private const string KeyRecord = "key";

    private readonly ConcurrentDictionary<(GrainId Key, string Name), (string ETag, BinaryData Data)> _records = new();
    private readonly ConcurrentDictionary<GrainId, TaskCompletionSource> _held = new();
    private readonly Channel<GrainId> _saves = Channel.CreateUnbounded<GrainId>();
    private long _etags;
    private int _conflicts;

    /// <summary>Whether reading and writing fail.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Whether what is written arrives, but its writer is told that it failed.</summary>
    public bool IsMute { get; set; }

    /// <summary>How many saves met a conflict.</summary>
    public int Conflicts => Volatile.Read(ref _conflicts);

    public bool Has(GrainId key, string name = KeyRecord) => _records.ContainsKey((key, name));

    /// <summary>The names under which something of a key is stored.</summary>
    public IReadOnlyCollection<string> NamesOf(GrainId key) =>
        [.. _records.Keys.Where(record => record.Key == key).Select(record => record.Name)];

    /// <summary>Takes a record out, so that it can be put back later.</summary>
    public (string ETag, BinaryData Data) Copy(GrainId key, string name = KeyRecord) => _records[(key, name)];

    /// <summary>Puts a record there, as another activation would: under a new etag.</summary>
    public void Put(GrainId key, BinaryData data, string name = KeyRecord) => _records[(key, name)] = (NextETag(), data);

    /// <summary>Loses a record.</summary>
    public void Lose(GrainId key, string name) => Assert.True(_records.TryRemove((key, name), out _));

    /// <summary>What is written of a key from now on is held back.</summary>
    public void Hold(GrainId key) => _held[key] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Writes what was held back.</summary>
    public void Release(GrainId key)
    {
        if (_held.TryRemove(key, out var hold))
            hold.SetResult();
    }

    /// <summary>What was held back fails, and so does whatever is written until it is held back again or released.</summary>
    public void Fail(GrainId key) => _held[key].SetException(new IOException("The disk lost what was held back."));

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

    private async Task PassAsync(GrainId key)
    {
        if (_held.TryGetValue(key, out var hold))
            await hold.Task;
    }

    private void Check((GrainId Key, string Name) key, string? etag)
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
            if (disk._records.TryGetValue((grainId, stateName), out var record))
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

        public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            await disk.PassAsync(grainId);
            lock (disk)
            {
                disk.Check((grainId, stateName), grainState.ETag);
                var etag = disk.NextETag();
                disk._records[(grainId, stateName)] = (etag, serializer.Serialize(grainState.State));
                if (disk.IsMute)
                    throw new IOException("The disk does not say whether it wrote.");
                (grainState.ETag, grainState.RecordExists) = (etag, true);
            }

            disk._saves.Writer.TryWrite(grainId);
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            lock (disk)
            {
                disk.Check((grainId, stateName), grainState.ETag);
                disk._records.TryRemove((grainId, stateName), out _);
                (grainState.ETag, grainState.RecordExists) = (null!, false);
            }

            disk._saves.Writer.TryWrite(grainId);
            return Task.CompletedTask;
        }
    }
}
