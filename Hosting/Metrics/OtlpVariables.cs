using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Hosting.Metrics;

/// <summary>
/// Checks the standard variables of OTLP export at start: the exporter itself ignores some wrong values and fails late on others.
/// </summary>
internal static class OtlpVariables
{
    private static readonly string[] Prefixes = ["OTEL_EXPORTER_OTLP", "OTEL_EXPORTER_OTLP_METRICS", "OTEL_EXPORTER_OTLP_TRACES"];

    /// <summary>Adds what is wrong. Values that may hold secrets are not shown.</summary>
    public static void Check(IConfiguration configuration, List<InvalidValue> errors)
    {
        foreach (var prefix in Prefixes)
        {
            Check($"{prefix}_ENDPOINT", "not such an address", IsHttp, "must be an absolute http or https URL");
            Check($"{prefix}_PROTOCOL", null, text => text is "grpc" or "http/protobuf", "must be grpc or http/protobuf");
            Check($"{prefix}_HEADERS", "not such a list", IsHeaderList, "must be name=value pairs, separated by commas");
        }

        void Check(string variable, string? shown, Func<string, bool> isGood, string rule)
        {
            if (configuration[variable] is { Length: > 0 } text && !isGood(text))
                errors.Add(new InvalidValue(variable, shown ?? $"'{text}'", rule));
        }
    }

    private static bool IsHttp(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme is "http" or "https") && uri.Host.Length > 0;

    private static bool IsHeaderList(string text) => text.Split(',').All(pair => pair.IndexOf('=', StringComparison.Ordinal) > 0);
}
