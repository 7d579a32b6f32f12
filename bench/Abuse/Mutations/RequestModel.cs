namespace OrleansLimiter.AbuseBench.Mutations;

/// <summary>A request in order, which mutations start from. Immutable.</summary>
/// <param name="Method">The method.</param>
/// <param name="Route">The route as the service's description names it, as in <c>/sales/{id}</c>.</param>
/// <param name="Target">What is asked for, with a query perhaps.</param>
/// <param name="Headers">Headers beside <c>Host</c> and those of the body.</param>
/// <param name="Body">The JSON of the body; null: there is none.</param>
internal sealed record RequestModel(string Method, string Route, string Target, IReadOnlyList<string> Headers, string? Body)
{
    /// <summary>Whether it is an operator's, who has a port for it.</summary>
    public bool IsOperators =>
        !Route.StartsWith("/limit", StringComparison.Ordinal)
        && (Headers.Any(header => header.StartsWith("X-Operator-Key", StringComparison.Ordinal))
        || Route.StartsWith("/health", StringComparison.Ordinal) || Route is "/metrics" or "/openapi/v1.json");

    /// <summary>Whether it makes something that stays, by an operator's leave: it is sent more rarely than the others.</summary>
    public bool IsMaker =>
        Method == "POST" && Route.StartsWith("/admin/", StringComparison.Ordinal) && !Route.Contains('{', StringComparison.Ordinal);
}
