using OrleansLimiter.TestKit.Processes;

namespace OrleansLimiter.Silo.Tests.Nodes;

/// <summary>The silo program.</summary>
internal sealed class SiloNode(string log, int port, IReadOnlyDictionary<string, string> variables)
    : ServedNode(log, Programs.Silo, port, variables)
{
    /// <summary>Waits until it is in the cluster.</summary>
    public Task JoinedAsync(CancellationToken cancellationToken) => HealthIsAsync(200, """{"status":"ready"}""", cancellationToken);
}
