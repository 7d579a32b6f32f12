using System.Net;
using Microsoft.AspNetCore.Connections;

namespace OrleansLimiter.Hosting.Connections;

/// <summary>
/// A listener that hands on no more connections than there are places. Here and not in the server's own limit, which closes without a word
/// and counts a connection only after it was accepted: at the end of its descriptors a process fails wherever it happens to need one.
/// </summary>
internal sealed class BoundedListener(IConnectionListener inner, ConnectionPlaces places, ConnectionRefusal refusal) : IConnectionListener
{
    public EndPoint EndPoint => inner.EndPoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await inner.AcceptAsync(cancellationToken) is { } connection)
        {
            if (places.TryTake())
                return new BoundedConnection(connection, places);
            await refusal.RefuseAsync(connection);
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => inner.UnbindAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
