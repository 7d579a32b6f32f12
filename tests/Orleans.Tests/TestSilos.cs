using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.TestingHost;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Grains;
using OrleansLimiter.Testing;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>A cluster of silos in this process, whose limits live by one fake clock, and an engine that asks it from outside.</summary>
internal sealed class TestSilos : IAsyncDisposable
{
    public static readonly LimitSpec TenAnHour = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromHours(1)));

    /// <summary>What the front ends of tests seal seeds with.</summary>
    public static readonly SeedSeal Seal = SeedSeal.Of(AdmissionKeys.DerivedFrom(new byte[AdmissionKeys.MinSecretBytes]));

    public static readonly LimitSpec TenASecond = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromSeconds(1)));

    // Some tens of seconds: a valve that never comes back must fail its test and not hold it up.
    private const int MostLooks = 200_000;

    private static readonly KeyScope Scope = KeyScope.Of("acme", "default");

    private TestSilos(InProcessTestCluster cluster, FakeTimeProvider time, Disk disk)
    {
        (Cluster, Time, Disk) = (cluster, time, disk);
        Gate.Open(cluster.Client);
        Engine = new OrleansEngine(Gate);
        Valve = new OrleansValve(Gate, Seal);
    }

    public InProcessTestCluster Cluster { get; }

    public FakeTimeProvider Time { get; }

    public Disk Disk { get; }

    public ClusterGate Gate { get; } = new();

    public OrleansEngine Engine { get; }

    public OrleansValve Valve { get; }

    public static async Task<TestSilos> StartAsync(Action<LimitGrainOptions>? configure = null, short count = 2, Action<QueueValveOptions>? valves = null)
    {
        var time = new FakeTimeProvider();
        var disk = new Disk();
        var builder = new InProcessTestClusterBuilder(count);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddLimitGrains(time, configure);
            silo.AddQueueValves(time, valves ?? (options => options.BatchInterval = TimeSpan.Zero));
            silo.Services.AddKeyedSingleton<IGrainStorage>(
                LimitGrainOptions.StorageName,
                (services, _) => disk.For(services.GetRequiredService<IGrainStorageSerializer>()));
            silo.Configure<ClusterMembershipOptions>(options =>
            {
                options.ProbeTimeout = TimeSpan.FromSeconds(1);
                options.NumMissedProbesLimit = 2;
                options.EnableConnectionLivenessCheck = false;
            });
        });
#pragma warning disable ORLEANSEXP003 // as the silo's host does
        builder.Options.UseDistributedGrainDirectory = true;
#pragma warning restore ORLEANSEXP003
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new TestSilos(cluster, time, disk);
    }

    public static SubjectKey Key(string subject) => SubjectKey.Of(Scope, subject);

    public GrainId IdOf(string subject) => Cluster.Client.GetGrain<ITokenBucketGrain>(Key(subject).ToString()).GetGrainId();

    public GrainId IdOf(SaleId sale) => Cluster.Client.GetGrain<IQueueValveGrain>(sale.Value).GetGrainId();

    public ValueTask<EngineReply> AskAsync(
        string subject,
        LimitSpec spec,
        Operation operation,
        long permits,
        CancellationToken cancellationToken,
        string? id = null) =>
        Engine.ExecuteAsync(new LimitRequest(Key(subject), spec, operation, Permits.Of(permits), id is null ? RequestId.None : RequestId.Of(id)), cancellationToken);

    public async ValueTask<Decision> DecideAsync(
        string subject,
        LimitSpec spec,
        Operation operation,
        long permits,
        CancellationToken cancellationToken,
        string? id = null)
    {
        var reply = await AskAsync(subject, spec, operation, permits, cancellationToken, id);
        return reply.IsFault ? throw new InvalidOperationException($"{operation} {subject}: {reply.Fault.Kind}") : reply.Decision;
    }

    /// <summary>How many of so many single permits are admitted.</summary>
    public async ValueTask<int> AdmittedAsync(string subject, LimitSpec spec, int attempts, CancellationToken cancellationToken)
    {
        var admitted = 0;
        for (var i = 0; i < attempts; i++)
            admitted += (await DecideAsync(subject, spec, Operation.Acquire, 1, cancellationToken)).IsAdmitted ? 1 : 0;
        return admitted;
    }

    public async ValueTask<long> RemainingAsync(string subject, LimitSpec spec, CancellationToken cancellationToken) =>
        (await DecideAsync(subject, spec, Operation.Peek, 0, cancellationToken)).Remaining;

    public InProcessSiloHandle SiloOf(string subject) => SiloOf(IdOf(subject));

    public InProcessSiloHandle SiloOf(GrainId actor) =>
        Cluster.TryGetGrainContext(actor, out var context)
            ? Cluster.GetSiloForAddress(context.Address.SiloAddress!)!
            : throw new InvalidOperationException($"{actor} is not active.");

    /// <summary>Waits until nothing of a valve is left to store.</summary>
    public async ValueTask StoredAsync(SaleId sale, CancellationToken cancellationToken)
    {
        for (var asked = 0; await Valve.StatusAsync(sale, cancellationToken) is { IsFault: true } or { Value.Unstored: > 0 }; asked++)
            Assert.InRange(asked, 0, MostLooks);
    }

    public async ValueTask DisposeAsync() => await Cluster.DisposeAsync();
}
