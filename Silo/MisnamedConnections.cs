using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace OrleansLimiter.Silo;

/// <summary>
/// Ends connections to a silo that were made while its address was still known as that of the silo before it: a silo that starts listens
/// before it is in the list, and answers those that look for its predecessor. Orleans uses such connections, in both directions, and closes
/// them ten seconds after it has heard of that one's death, whatever is under way on them: where all silos came back at once, some calls
/// are lost long after all is well. Ended as soon as the new silo is known, such a connection is made anew under its own name. Safe for
/// many threads.
/// </summary>
internal sealed class MisnamedConnections : ISiloStatusListener
{
    private readonly ConcurrentDictionary<ConnectionContext, int> _open = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<IPEndPoint, int> _newest = new();

    /// <summary>Runs a connection to another silo, and knows it for as long.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        _open[connection] = connection.RemoteEndPoint is IPEndPoint address ? _newest.GetValueOrDefault(address) : int.MaxValue;
        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(connection, out _);
        }
    }

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        var newest = _newest.AddOrUpdate(
            updatedSilo.Endpoint, updatedSilo.Generation, (_, known) => Math.Max(known, updatedSilo.Generation));
        foreach (var (connection, generation) in _open)
        {
            if (generation < newest && updatedSilo.Endpoint.Equals(connection.RemoteEndPoint))
                connection.Abort(new ConnectionAbortedException(
                    $"Another silo has taken the place of the one that was asked for: {updatedSilo}."));
        }
    }
}
