using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Check;

/// <summary>
/// The order of a line, worked out from what the service publishes and from nothing of its code: first the places that took part in the
/// draw, by HMAC-SHA256(seed, number.placesHash), then those who came after it, by number.
/// </summary>
internal sealed class LineOrder
{
    private readonly Dictionary<long, int> _drawn = [];

    private LineOrder(IEnumerable<long> drawn)
    {
        foreach (var place in drawn)
            _drawn.Add(place, _drawn.Count);
    }

    /// <summary>How many took part in the draw.</summary>
    public int Drawn => _drawn.Count;

    /// <summary>Works the order out, if what is published of the draw fits.</summary>
    /// <param name="seedHashBefore">The seed's hash as it was published before anyone came; null: it was not looked up.</param>
    /// <param name="draw">What is published after the opening.</param>
    /// <param name="error">What does not fit.</param>
    /// <returns>The order; null: something does not fit.</returns>
    public static LineOrder? TryCreate(string? seedHashBefore, DrawInfo draw, out string? error)
    {
        error = ErrorIn(seedHashBefore, draw);
        if (error is not null)
            return null;
        var seed = Convert.FromHexString(draw.Seed!);
        return new LineOrder(Numbers(draw)
            .OrderBy(place => Convert.ToHexString(HMACSHA256.HashData(seed, MessageOf(place, draw))), StringComparer.Ordinal));
    }

    /// <summary>A place's rank: the smaller is served first.</summary>
    public long RankOf(long place) => _drawn.TryGetValue(place, out var rank) ? rank : _drawn.Count + place;

    private static string? ErrorIn(string? seedHashBefore, DrawInfo draw)
    {
        if (draw.Seed is null || draw.Places is null)
            return "the seed and the places are not published";
        if (Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(draw.Seed))) != draw.SeedHash)
            return "the seed's hash is not that of the seed";
        if (seedHashBefore is not null && seedHashBefore != draw.SeedHash)
            return "the seed's hash is not what it was before the opening";
        var lines = string.Concat(Numbers(draw).Select(place => place.ToString(CultureInfo.InvariantCulture) + "\n"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(lines))) == draw.PlacesHash
            ? null
            : "the places' hash is not that of the places";
    }

    private static IEnumerable<long> Numbers(DrawInfo draw)
    {
        foreach (var run in draw.Places!)
        {
            for (var place = run.First; place <= run.Last; place++)
                yield return place;
        }
    }

    /// <summary>What stands for a place: its number and who took part; in sales that an earlier build set up the number alone.</summary>
    private static byte[] MessageOf(long place, DrawInfo draw)
    {
        var isBound = draw.Rule?.Contains("placesHash", StringComparison.Ordinal) == true;
        return Encoding.ASCII.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{place}{(isBound ? $".{draw.PlacesHash}" : string.Empty)}"));
    }
}
