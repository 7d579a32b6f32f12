using Orleans.Clustering.Redis;
using StackExchange.Redis;
using Xunit;

namespace OrleansLimiter.Silo.Tests.Lists;

/// <summary>What a look at the list of silos says.</summary>
public sealed class ListedSiloTests
{
    private readonly ScriptedList _list = new();
    private readonly ListedSilo _listed;

    public ListedSiloTests() => _listed = new ListedSilo(_list, _list, _list);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<Exception> NoAnswers =>
    [
        new RedisConnectionException(ConnectionFailureType.UnableToConnect, CommandFlags.None, "no connection"),
        new RedisTimeoutException(CommandFlags.None, "late", CommandStatus.Sent),
        new TimeoutException(),
        new OperationCanceledException(),
        new ObjectDisposedException("connection"),
        new InvalidOperationException(), // and whatever else
        Error(RedisErrorKind.Loading),
        Error(RedisErrorKind.MasterDown),
        Error(RedisErrorKind.ClusterDown),
        Error(RedisErrorKind.NoAuth),
        Error(RedisErrorKind.NoPermission),
        Error(RedisErrorKind.Busy),
        Error(RedisErrorKind.ReadOnly),
        Error(RedisErrorKind.Unknown),
    ];

    [Fact]
    public async Task A_list_that_has_lost_its_version_or_is_of_another_type_is_lost()
    {
        _list.Know(SiloStatus.Active, 7);
        foreach (var failure in (Exception[])[
            new RedisClusteringException("The Redis membership table version is missing."), Error(RedisErrorKind.WrongType)])
        {
            _list.Fail(failure);
            Assert.Equal((SiloListing.Lost, failure), await _listed.LookAsync(Cancellation));
        }
    }

    [Theory]
    [MemberData(nameof(NoAnswers), DisableDiscoveryEnumeration = true)]
    public async Task A_server_that_does_not_answer_says_nothing(Exception failure)
    {
        _list.Know(SiloStatus.Active, 7);
        _list.Fail(failure);

        Assert.Equal((SiloListing.Unknown, failure), await _listed.LookAsync(Cancellation));
    }

    [Theory]
    [InlineData(7, true)]
    [InlineData(8, true)] // the others' news, which this silo has not heard yet
    [InlineData(6, false)]
    [InlineData(0, false)]
    public async Task A_list_older_than_what_the_silo_knows_is_lost_though_the_silo_is_in_it(int version, bool isListed)
    {
        _list.Know(SiloStatus.Active, 7);
        _list.Say(SiloStatus.Active, version);

        Assert.Equal(isListed ? SiloListing.Listed : SiloListing.Lost, (await _listed.LookAsync(Cancellation)).SiloListing);
    }

    [Fact]
    public async Task A_list_that_fell_behind_is_lost_until_it_is_ahead_of_what_the_silo_knows()
    {
        _list.Know(SiloStatus.Active, 7);
        var seen = new List<SiloListing>();
        foreach (var version in (int[])[7, 5, 6, 7, 8])
        {
            _list.Say(SiloStatus.Active, version);
            seen.Add((await _listed.LookAsync(Cancellation)).SiloListing);
        }

        Assert.Equal([SiloListing.Listed, SiloListing.Lost, SiloListing.Lost, SiloListing.Lost, SiloListing.Listed], seen);
    }

    [Fact]
    public async Task A_list_without_the_silo_is_lost_and_one_with_its_death_has_voted_it_out()
    {
        _list.Know(SiloStatus.Active, 7);
        _list.SayAbsent(7);
        Assert.Equal(SiloListing.Lost, (await _listed.LookAsync(Cancellation)).SiloListing);
        _list.Say(SiloStatus.Dead, 8);
        Assert.Equal(SiloListing.VotedOut, (await _listed.LookAsync(Cancellation)).SiloListing);
    }

    [Theory]
    [InlineData(SiloStatus.Created, false)] // has written nothing yet
    [InlineData(SiloStatus.Joining, true)]
    [InlineData(SiloStatus.Active, true)]
    [InlineData(SiloStatus.ShuttingDown, false)] // leaves, and may have gone already
    [InlineData(SiloStatus.Stopping, false)]
    [InlineData(SiloStatus.Dead, false)]
    public async Task A_silo_is_missed_from_when_it_begins_to_join_until_it_begins_to_leave(SiloStatus status, bool isMissed)
    {
        _list.Know(status, 7);
        _list.SayAbsent(0);

        Assert.Equal(isMissed ? SiloListing.Lost : SiloListing.Listed, (await _listed.LookAsync(Cancellation)).SiloListing);
    }

    private static RedisServerException Error(RedisErrorKind kind) => new(kind, CommandFlags.None, kind.ToString());
}
