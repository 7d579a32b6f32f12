using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Clustering.Redis;
using StackExchange.Redis;
using Xunit;

namespace OrleansLimiter.Silo.Tests.Lists;

/// <summary>What is done with the list's key before a silo starts.</summary>
public sealed class ListRoomTests
{
    private readonly ScriptedList _list = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_no_list_is_deleted()
    {
        _list.Fail(new RedisServerException(RedisErrorKind.WrongType, CommandFlags.None, "WRONGTYPE"));

        await new ListRoom(_list, "cluster", NullLogger<ListRoom>.Instance).StartAsync(Cancellation);

        Assert.Equal(["cluster"], _list.Deleted);
    }

    [Fact]
    public async Task A_list_and_what_cannot_be_read_stay()
    {
        _list.Say(SiloStatus.Active, 7);
        _list.Fail(new RedisClusteringException("missing")); // the silo writes it
        _list.Fail(new RedisConnectionException(ConnectionFailureType.UnableToConnect, CommandFlags.None, "away"));
        _list.Fail(new RedisServerException(RedisErrorKind.NoPermission, CommandFlags.None, "NOPERM"));

        for (var start = 0; start < 4; start++)
            await new ListRoom(_list, "cluster", NullLogger<ListRoom>.Instance).StartAsync(Cancellation);

        Assert.Empty(_list.Deleted);
    }
}
