using System.Text.Json;

namespace OrleansLimiter.AbuseBench.Http;

/// <summary>What came of a request.</summary>
/// <param name="Status">The status; 0: no answer (refused, reset, timed out).</param>
/// <param name="Milliseconds">From asking to the whole answer, or to giving up.</param>
/// <param name="Body">The body; the failure's name where there is no answer.</param>
/// <param name="Headers">The headers, those of the content too; of several of one name, joined.</param>
internal readonly record struct Answer(int Status, double Milliseconds, string Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The body as JSON.</summary>
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);

    /// <summary>A header's value; null where it is not there.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
