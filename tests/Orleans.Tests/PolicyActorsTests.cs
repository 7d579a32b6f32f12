using System.Globalization;
using System.Net;
using OrleansLimiter.Grains;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>What silos know of the actors that count a policy's keys.</summary>
public sealed class PolicyActorsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_policy_that_all_name_alike_is_counted_by_its_algorithms_own_actors_and_the_silos_met_once()
    {
        var cluster = new FakeCluster(3);
        for (var i = 0; i < 30; i++)
        {
            await EnterAsync(cluster.Policies[i % 3], ActorKind.Gcra);
            cluster.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.All(cluster.Policies, policy => Assert.Equal(ActorKind.Gcra, policy.Owner));
        Assert.All(cluster.Policies, policy => Assert.Equal(ActorKinds.Of(ActorKind.Gcra), policy.InUse));
        Assert.Equal(6, cluster.Exchanges);
    }

    [Fact]
    public async Task Between_two_algorithms_the_common_actors_count_wherever_they_are_named()
    {
        var cluster = new FakeCluster(3);
        await EnterAsync(cluster.Policies[0], ActorKind.TokenBucket);

        await EnterAsync(cluster.Policies[1], ActorKind.Gcra);

        Assert.Equal((ActorKind.Common, ActorKind.Common), (cluster.Policies[0].Owner, cluster.Policies[1].Owner));
        await cluster.Policies[2].LearnAsync(Cancellation);
        Assert.Equal(ActorKind.Common, cluster.Policies[2].Owner);
    }

    [Fact]
    public async Task An_algorithm_that_nobody_names_any_more_is_in_use_until_none_of_its_actors_counts()
    {
        var cluster = new FakeCluster(2);
        var (one, other) = (cluster.Policies[0], cluster.Policies[1]);
        await EnterAsync(one, ActorKind.TokenBucket);
        await EnterAsync(other, ActorKind.Gcra);
        cluster.Time.Advance(PolicyActors.InUseAfterAsked);

        await AskedAsync(other, ActorKind.Gcra);
        await other.Exchanging;
        Assert.Equal(ActorKind.Common, other.Owner);
        one.Release(ActorKind.TokenBucket);
        cluster.Time.Advance(PolicyActors.RefreshAfter);
        await AskedAsync(other, ActorKind.Gcra);
        await other.Exchanging;

        Assert.Equal(ActorKind.Gcra, other.Owner);
    }

    [Fact]
    public async Task An_algorithm_that_is_named_again_is_told_of_again()
    {
        var cluster = new FakeCluster(2);
        var (one, other) = (cluster.Policies[0], cluster.Policies[1]);
        await EnterAsync(one, ActorKind.TokenBucket);
        await EnterAsync(other, ActorKind.Gcra);
        one.Release(ActorKind.TokenBucket);
        cluster.Time.Advance(PolicyActors.InUseAfterAsked);
        await AskedAsync(other, ActorKind.Gcra);
        await other.Exchanging;
        Assert.Equal(ActorKind.Gcra, other.Owner);

        await EnterAsync(one, ActorKind.TokenBucket);

        Assert.Equal((ActorKind.Common, ActorKind.Common), (one.Owner, other.Owner));
    }

    [Fact]
    public async Task In_a_cluster_with_a_silo_of_the_build_before_the_common_actors_count()
    {
        var cluster = new FakeCluster(2);
        await EnterAsync(cluster.Policies[0], ActorKind.TokenBucket);

        cluster.HaveNamedActors = false;
        Assert.Equal(ActorKind.Common, cluster.Policies[0].Owner);

        cluster.HaveNamedActors = true;
        Assert.Equal(ActorKind.TokenBucket, cluster.Policies[0].Owner);
    }

    [Fact]
    public async Task A_silo_that_does_not_answer_keeps_nobody_from_counting_and_is_asked_again()
    {
        var cluster = new FakeCluster(2) { IsCut = true };
        var (one, other) = (cluster.Policies[0], cluster.Policies[1]);
        await EnterAsync(one, ActorKind.TokenBucket);
        await EnterAsync(other, ActorKind.Gcra);
        Assert.Equal((ActorKind.TokenBucket, ActorKind.Gcra), (one.Owner, other.Owner));

        cluster.IsCut = false;
        cluster.Time.Advance(PolicyActors.RefreshAfter);
        await AskedAsync(one, ActorKind.TokenBucket);
        await one.Exchanging;

        Assert.Equal((ActorKind.Common, ActorKind.Common), (one.Owner, other.Owner));
    }

    [Fact]
    public async Task What_a_silo_that_is_gone_had_in_use_is_forgotten()
    {
        var cluster = new FakeCluster(3);
        await EnterAsync(cluster.Policies[0], ActorKind.TokenBucket);
        await EnterAsync(cluster.Policies[1], ActorKind.Gcra);

        cluster.Gone = 0;
        cluster.Time.Advance(PolicyActors.RefreshAfter);
        await AskedAsync(cluster.Policies[1], ActorKind.Gcra);
        await cluster.Policies[1].Exchanging;

        Assert.Equal(ActorKind.Gcra, cluster.Policies[1].Owner);
    }

    [Fact]
    public async Task A_caller_that_does_not_wait_leaves_the_meeting_to_others()
    {
        var cluster = new FakeCluster(2) { Held = new TaskCompletionSource() };
        using var impatient = new CancellationTokenSource();
        cluster.Policies[0].Claim(ActorKind.Gcra);
        var first = cluster.Policies[0].EnterAsync(ActorKind.Gcra, impatient.Token).AsTask();
        var second = cluster.Policies[0].EnterAsync(ActorKind.Gcra, Cancellation).AsTask();

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(second.IsCompleted);
        cluster.Held.SetResult();
        await second;

        Assert.Equal(1, cluster.Exchanges);
    }

    /// <summary>
    /// Of any two that count at once, at least one knows of the other, from before it began to: whatever is late or overtaken.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Of_two_that_count_at_once_one_knows_of_the_other(long seed)
    {
        const int Silos = 4;
        var cluster = new FakeCluster(Silos) { IsSlow = true };
        var counting = new List<(int Silo, ActorKind Kind)>();
        var (gate, pairs) = (new Lock(), 0);

        await Task.WhenAll(Enumerable.Range(0, Silos * 3).Select(i => Task.Run(() => LiveAsync(i % Silos, new Dice(seed * 100 + i)))));

        Assert.InRange(pairs, 1_000, int.MaxValue);

        async Task LiveAsync(int silo, Dice dice)
        {
            var policy = cluster.Policies[silo];
            for (var life = 0; life < 400; life++)
            {
                var kind = (ActorKind)dice.From(0, 3);
                policy.Claim(kind);
                await policy.EnterAsync(kind, Cancellation);
                lock (gate)
                {
                    counting.Add((silo, kind));
                    foreach (var (otherSilo, other) in counting.Where(other => other.Kind != kind))
                    {
                        pairs++;
                        Assert.True(
                            policy.InUse.Has(other) || cluster.Policies[otherSilo].InUse.Has(kind),
                            string.Create(CultureInfo.InvariantCulture, $"silo {silo} counts by {kind}, silo {otherSilo} by {other}"));
                    }
                }

                if (dice.OnceIn(3))
                    cluster.Time.Advance(TimeSpan.FromSeconds(dice.From(0, 40)));
                for (var pause = dice.From(0, 3); pause > 0; pause--)
                    await Task.Yield();
                lock (gate)
                    counting.Remove((silo, kind));
                policy.Release(kind);
            }
        }
    }

    private static async Task EnterAsync(PolicyActors policy, ActorKind kind)
    {
        policy.Claim(kind);
        await policy.EnterAsync(kind, Cancellation);
    }

    /// <summary>Asked once, without counting any key afterwards.</summary>
    private static async Task AskedAsync(PolicyActors policy, ActorKind kind)
    {
        await EnterAsync(policy, kind);
        policy.Release(kind);
    }

    /// <summary>Silos that know each other, and one policy in each.</summary>
    private sealed class FakeCluster
    {
        private readonly SiloAddress[] _silos;
        private int _exchanges;

        public FakeCluster(int silos)
        {
            _silos = [.. Enumerable.Range(1, silos).Select(i => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, i), 1))];
            Policies = [.. Enumerable.Range(0, silos).Select(i => new PolicyActors("default", new Seen(this, i), Time))];
        }

        public FakeTimeProvider Time { get; } = new();

        public PolicyActors[] Policies { get; }

        public bool HaveNamedActors { get; set; } = true;

        /// <summary>Whether no silo hears another.</summary>
        public bool IsCut { get; set; }

        /// <summary>Whether messages take their time, each its own.</summary>
        public bool IsSlow { get; init; }

        /// <summary>What messages wait for.</summary>
        public TaskCompletionSource? Held { get; init; }

        /// <summary>The silo that is gone for good.</summary>
        public int? Gone { get; set; }

        public int Exchanges => Volatile.Read(ref _exchanges);

        private async Task<ActorsInUseMessage?> ExchangeAsync(int from, int to, ActorsInUseMessage told)
        {
            Interlocked.Increment(ref _exchanges);
            if (Held is { } held)
                await held.Task;
            if (IsCut || Gone == to)
                return null;
            await LateAsync(told);
            var answer = Policies[to].Answer(_silos[from], told);
            await LateAsync(answer);
            return answer;
        }

        private async Task LateAsync(ActorsInUseMessage told)
        {
            for (var i = told.Number % 7; IsSlow && i > 0; i--)
                await Task.Yield();
        }

        private sealed class Seen(FakeCluster cluster, int self) : IOtherSilos
        {
            public bool HaveNamedActors => cluster.HaveNamedActors;

            public IReadOnlyCollection<SiloAddress> Peers => [.. cluster._silos.Where((_, i) => i != self && i != cluster.Gone)];

            public bool IsGone(SiloAddress silo) => cluster.Gone is { } gone && cluster._silos[gone].Equals(silo);

            public Task<ActorsInUseMessage?> ExchangeAsync(SiloAddress silo, string policy, ActorsInUseMessage told) =>
                cluster.ExchangeAsync(self, Array.IndexOf(cluster._silos, silo), told);
        }
    }
}
