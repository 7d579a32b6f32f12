using System.Net;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>Connections to a silo that were made under the name of the one before it.</summary>
public sealed class MisnamedConnectionsTests
{
    private static readonly IPEndPoint Here = new(IPAddress.Loopback, 11_111);
    private static readonly IPEndPoint There = new(IPAddress.Loopback, 11_112);

    private readonly MisnamedConnections _connections = new();

    [Fact]
    public void A_silo_that_comes_back_under_its_address_ends_what_was_opened_to_the_one_before()
    {
        var unknown = Open(Here);
        Tell(Here, 1, SiloStatus.Active);
        Assert.True(unknown.IsEnded);

        var (old, other) = (Open(Here), Open(There));
        Tell(Here, 1, SiloStatus.Dead);
        Assert.False(old.IsEnded);
        Tell(Here, 2, SiloStatus.Joining);

        Assert.Equal((true, false), (old.IsEnded, other.IsEnded));
    }

    [Fact]
    public void What_is_opened_to_the_new_one_stays_whatever_is_told_of_the_old()
    {
        Tell(Here, 1, SiloStatus.Active);
        Tell(Here, 2, SiloStatus.Joining);
        var connection = Open(new IPEndPoint(Here.Address, Here.Port));

        Tell(Here, 2, SiloStatus.Active);
        Tell(Here, 1, SiloStatus.Dead);
        Tell(Here, 2, SiloStatus.ShuttingDown);

        Assert.False(connection.IsEnded);
    }

    [Fact]
    public async Task What_is_closed_is_forgotten()
    {
        var (connection, closes) = (New(Here), new TaskCompletionSource());
        var run = _connections.RunAsync(connection, _ => closes.Task);
        closes.SetException(new InvalidOperationException("lost"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => run);

        Tell(Here, 1, SiloStatus.Active);

        Assert.False(connection.IsEnded);
    }

    private static Connection New(IPEndPoint address) => new() { RemoteEndPoint = address };

    private Connection Open(IPEndPoint address)
    {
        var connection = New(address);
        _ = _connections.RunAsync(connection, _ => new TaskCompletionSource().Task);
        return connection;
    }

    private void Tell(IPEndPoint address, int generation, SiloStatus status) =>
        _connections.SiloStatusChangeNotification(SiloAddress.New(address, generation), status);

    private sealed class Connection : DefaultConnectionContext
    {
        public bool IsEnded { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => IsEnded = true;
    }
}
