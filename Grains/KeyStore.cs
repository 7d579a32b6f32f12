using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Grains;

/// <summary>
/// The stored record of one key, and whether it is behind the key. Storage that fails is told in the log and never thrown: a
/// limit that cannot be stored still limits. Owned by one activation, one operation at a time.
/// </summary>
internal sealed partial class KeyStore(SiloParts silo, GrainId key)
{
    /// <summary>How often one save tries again after a conflict.</summary>
    public const int MaxAttempts = 3;

    private const string StateName = "key";

    // What is stored is in the key too: it is held here only while it is read or written.
    private static readonly StoredKey Nothing = new();

    private GrainState<StoredKey> _record = new(Nothing);

    /// <summary>Whether the key changed since it was last written.</summary>
    public bool NeedsSaving { get; set; }

    /// <summary>Whether something is stored, as far as is known.</summary>
    public bool HasRecord => _record.RecordExists;

    /// <summary>Reads the record.</summary>
    /// <returns>Whether storage could be read.</returns>
    /// <exception cref="OperationCanceledException">The caller did not wait for it.</exception>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Each provider throws what it likes; the caller is told that the key cannot be asked.")]
    public async ValueTask<bool> TryReadAsync(CancellationToken cancellationToken)
    {
        var record = new GrainState<StoredKey>(Nothing);
        try
        {
            await silo.Storage.Any!.ReadStateAsync(StateName, key, record, cancellationToken).WaitAsync(cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogReadFailed(silo.Logger, failure);
            return false;
        }

        _record = record;
        return true;
    }

    /// <summary>The state that was read last, once.</summary>
    /// <returns>Whether there was one that can be used.</returns>
    public bool TryRestore([NotNullWhen(true)] out LimitSpec? spec, out KeyState state)
    {
        (spec, state) = (null, default);
        var read = _record.State;
        _record.State = Nothing;
        return _record.RecordExists && read is not null && TryUnderstand(silo, read, out spec, out state);
    }

    /// <summary>The state of a record: one that was stored, or given by another actor.</summary>
    /// <returns>Whether there is one that can be used.</returns>
    public static bool TryUnderstand(SiloParts silo, StoredKey record, [NotNullWhen(true)] out LimitSpec? spec, out KeyState state)
    {
        (spec, state) = (null, default);
        if (record.Spec is not { } message)
            return false;
        try
        {
            var stored = silo.Catalog.ToSpec(message);
            if (LimitKey.TryRestore(stored, WireMap.ToSnapshot(record), out state))
            {
                spec = stored;
                return true;
            }
        }
        catch (ArgumentException failure)
        {
            LogNotUnderstood(silo.Logger, failure);
            return false;
        }

        LogNotUnderstood(silo.Logger, null);
        return false;
    }

    /// <summary>Writes the state as it is now.</summary>
    public Task<SaveResult> WriteAsync(LimitSpec spec, in KeyState state)
    {
        _record.State = WireMap.ToStored(spec, LimitKey.Snapshot(spec, state), silo.Catalog);
        return SaveAsync(silo.Storage.For(spec), static (storage, key, record) => storage.WriteStateAsync(StateName, key, record));
    }

    public Task<SaveResult> ClearAsync()
    {
        if (HasRecord)
            return SaveAsync(silo.Storage.Any!, static (storage, key, record) => storage.ClearStateAsync(StateName, key, record));
        NeedsSaving = false;
        return Task.FromResult(SaveResult.Saved);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Each provider throws what it likes; the key is saved again after the next interval.")]
    private async Task<SaveResult> SaveAsync(IGrainStorage storage, Func<IGrainStorage, GrainId, GrainState<StoredKey>, Task> save)
    {
        // What changes while this is written needs saving again.
        NeedsSaving = false;
        try
        {
            await save(storage, key, _record);
            _record.State = Nothing;
            return SaveResult.Saved;
        }
        catch (InconsistentStateException)
        {
            NeedsSaving = true;
            return await TryReadAsync(CancellationToken.None) ? SaveResult.Conflict : SaveResult.Failed;
        }
        catch (Exception failure)
        {
            NeedsSaving = true;
            LogWriteFailed(silo.Logger, failure);
            return SaveResult.Failed;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A key's snapshot could not be read: the key answers once it can")]
    private static partial void LogReadFailed(ILogger logger, Exception failure);

    [LoggerMessage(2, LogLevel.Warning, "A key's snapshot could not be written: tried again after the next interval")]
    private static partial void LogWriteFailed(ILogger logger, Exception failure);

    [LoggerMessage(3, LogLevel.Error, "A key's snapshot is not understood: the key starts fresh")]
    private static partial void LogNotUnderstood(ILogger logger, Exception? failure);
}
