using System.Diagnostics;
using OpenTelemetry;

namespace OrleansLimiter.Hosting.Metrics;

/// <summary>Takes paths and queries, which hold keys, out of traces before they are sent; the route's pattern stays.</summary>
internal sealed class KeylessTraces : BaseProcessor<Activity>
{
    private static readonly string[] WithKeys = ["url.path", "url.query", "url.full", "http.target", "http.url"];

    public override void OnEnd(Activity data)
    {
        foreach (var tag in WithKeys)
            data.SetTag(tag, null);
    }
}
