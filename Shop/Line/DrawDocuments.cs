using System.Security.Cryptography;
using System.Text.Json;
using OrleansLimiter.Hosting.Caching;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Line;

/// <summary>
/// What is published of draws, as it is sent: after a draw nothing of it changes any more, so it is asked for and written once, however
/// many look at it; before, once a second. Of those who find nothing one asks the valve, and the others wait for what it says. Safe for use
/// by many threads.
/// </summary>
internal sealed class DrawDocuments(SaleValves valves, TimeProvider time)
{
    /// <summary>Of how many sales the documents are kept for certain: one of 100,000 places may be 600 kB long.</summary>
    public const int MostKept = 16;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly RecentTable<Guid, DrawDocument> _kept = new(MostKept);
    private readonly Dictionary<Guid, Task<ValveReply<DrawDocument>>> _asking = [];
    private readonly Lock _gate = new();

    /// <summary>What is published of a sale's draw.</summary>
    public async ValueTask<ValveReply<DrawDocument>> OfAsync(Sale sale)
    {
        if (Kept(sale) is { } kept)
            return ValveReply.Of(kept);
        Task<ValveReply<DrawDocument>>? asking;
        lock (_gate)
        {
            // Whoever asked may have been answered since the look above.
            if (Kept(sale) is { } written)
                return ValveReply.Of(written);
            if (!_asking.TryGetValue(sale.Id, out asking))
                _asking[sale.Id] = asking = Task.Run(() => AskOnceAsync(sale));
        }

        return await asking;
    }

    private DrawDocument? Kept(Sale sale) =>
        _kept.TryGet(sale.Id, out var kept) && (kept.IsFinal || time.GetElapsedTime(kept.WrittenAt) < Fresh) ? kept : null;

    private async Task<ValveReply<DrawDocument>> AskOnceAsync(Sale sale)
    {
        try
        {
            return await AskAsync(sale);
        }
        finally
        {
            lock (_gate)
                _asking.Remove(sale.Id);
        }
    }

    private async Task<ValveReply<DrawDocument>> AskAsync(Sale sale)
    {
        var reply = await valves.AskAsync(sale, static (engine, id, cancellation) => engine.DrawAsync(id, cancellation));
        if (reply.IsFault)
            return ValveReply.Failed<DrawDocument>(reply.Fault);
        var document = DrawDocument.Of(reply.Value, time.GetTimestamp());

        // A seed that is not stored yet has no hash: whoever comes next shall see it.
        if (reply.Value.SeedHash is not null)
            _kept.Set(sale.Id, document);
        return ValveReply.Of(document);
    }
}

/// <summary>What is published of a draw, as it is sent. Immutable.</summary>
/// <param name="Body">JSON.</param>
/// <param name="ETag">The strong entity tag: a hash of the body, quoted.</param>
/// <param name="IsFinal">Whether the draw was, so that it never changes.</param>
/// <param name="WrittenAt">When, as a timestamp.</param>
internal sealed record DrawDocument(byte[] Body, string ETag, bool IsFinal, long WrittenAt)
{
    private const string BoundRule = "HMAC-SHA256(seed, place.placesHash)";
    private const string EarlierRule = "HMAC-SHA256(seed, place)";
    private const int TagDigits = 32;

    public static DrawDocument Of(DrawProof proof, long writtenAt)
    {
        var isFinal = proof.Seed is not null;
        var places = isFinal ? proof.Places.Select(run => new PlacesReply(run.First, run.Last)).ToList() : null;
        var reply = new DrawReply(proof.SeedHash, proof.IsBound ? BoundRule : EarlierRule, proof.PlacesHash, proof.Seed, places);
        var body = JsonSerializer.SerializeToUtf8Bytes(reply, QueueJson.Default.DrawReply);
        return new DrawDocument(body, $"\"{Convert.ToHexStringLower(SHA256.HashData(body))[..TagDigits]}\"", isFinal, writtenAt);
    }
}
