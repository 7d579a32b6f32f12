using System.Buffers;
using OrleansLimiter.Valve.Records;

namespace OrleansLimiter.Grains.Valve;

/// <summary>The segment of a valve's log that is being filled, as it is stored. Owned by one store.</summary>
internal sealed class ValveSegment
{
    private byte[] _bytes = [];

    public long Number { get; private set; }

    /// <summary>The etag of its slot; null for a slot that was never written.</summary>
    public string? ETag { get; private set; }

    /// <summary>How many bytes it holds.</summary>
    public int Length => _bytes.Length;

    /// <summary>It is this from now on.</summary>
    public void Begin(long number, string? etag, byte[]? bytes = null) => (Number, ETag, _bytes) = (number, etag, bytes ?? []);

    /// <summary>What it holds, with a batch behind.</summary>
    public byte[] With(IReadOnlyList<ValveRecord> batch)
    {
        var bytes = new ArrayBufferWriter<byte>(_bytes.Length + Math.Max(1, batch.Count) * ValveRecordFormat.MaxBytes / 2);
        bytes.Write(_bytes);
        ValveWireMap.Write(batch, bytes);
        return bytes.WrittenSpan.ToArray();
    }
}
