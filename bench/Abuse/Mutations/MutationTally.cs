using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using OrleansLimiter.AbuseBench.Http;

namespace OrleansLimiter.AbuseBench.Mutations;

/// <summary>What the mutated requests were answered, and those whose answer must not be. Safe for use by many threads.</summary>
internal sealed class MutationTally
{
    private const int MostShown = 20;
    private const int Longest = 600;

    private readonly ConcurrentDictionary<string, int> _answers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _bad = new();
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => _count;

    /// <summary>
    /// How many answers must not be: 5xx, but a 503 that says by its type and by <c>Retry-After</c> what it is, and 505 of an HTTP version
    /// that a mutation made up.
    /// </summary>
    public int Bad => _bad.Count;

    /// <summary>The first of the requests whose answers must not be, readable.</summary>
    public IEnumerable<string> Shown => _bad.Take(MostShown);

    /// <summary>How many of each answer, 503s by what they say.</summary>
    public IEnumerable<KeyValuePair<string, int>> Answers => _answers.OrderBy(one => one.Key, StringComparer.Ordinal);

    /// <summary>Adds an answer.</summary>
    /// <param name="request">What was sent.</param>
    /// <param name="isHead">Whether it was a HEAD: its answer has the headers of a body, and none.</param>
    /// <param name="answer">What came back.</param>
    public void Add(ReadOnlySpan<byte> request, bool isHead, RawAnswer answer)
    {
        Interlocked.Increment(ref _count);
        var said = answer.Status == 503 ? Said(isHead, answer) : null;
        var name = answer.Status switch
        {
            0 => "none",
            503 => "503 " + (said ?? "that does not say what it is"),
            _ => answer.Status.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        _answers.AddOrUpdate(name, 1, (_, count) => count + 1);
        if (answer.Status is >= 500 and not (503 or 505) || (answer.Status == 503 && said is null))
            _bad.Enqueue($"{answer.Status} {answer.Body} <- {Readable(request)}");
    }

    /// <summary>What a 503 says it is; null where it does not, or not when to ask again.</summary>
    private static string? Said(bool isHead, RawAnswer answer)
    {
        if (answer.RetryAfter is null || answer.ContentType?.StartsWith("application/problem+json", StringComparison.Ordinal) != true)
            return null;
        return isHead ? "(HEAD)" : DetailOf(answer.Body);
    }

    /// <summary>What a problem says by its type's last part and its detail.</summary>
    private static string? DetailOf(string body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            var type = problem.RootElement.TryGetProperty("type", out var text) ? text.GetString() : null;
            var code = problem.RootElement.TryGetProperty("code", out var said) ? said.GetString() : null;
            return type is null ? null : $"{type[(type.LastIndexOf('#') + 1)..]} {code}".TrimEnd();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Readable(ReadOnlySpan<byte> request)
    {
        var text = new StringBuilder();
        foreach (var one in request[..Math.Min(request.Length, Longest)])
            text.Append(one is >= 0x20 and <= 0x7e ? ((char)one).ToString() : $"<{one:x2}>");
        return text.ToString();
    }
}
