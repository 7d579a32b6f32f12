using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.TestingHost;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Engines.Orleans.Batches;
using OrleansLimiter.Grains;
using OrleansLimiter.Grains.Valve;
using OrleansLimiter.TestKit;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;
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
        Gate.Open(cluster.Client, cluster.Client.ServiceProvider.GetRequiredService<IClusterManifestProvider>());
        Engine = new OrleansEngine(Gate);
        Valve = new OrleansValve(Gate, Seal);
    }

    public InProcessTestCluster Cluster { get; }

    public FakeTimeProvider Time { get; }

    public Disk Disk { get; }

    public ClusterGate Gate { get; } = new();

    public OrleansEngine Engine { get; }

    public OrleansValve Valve { get; }

    public static async Task<TestSilos> StartAsync(
        Action<LimitGrainOptions>? configure = null,
        short count = 2,
        Action<QueueValveOptions>? valves = null,
        SiloBuild? build = null,
        Action<ISiloBuilder>? more = null)
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
            (build ?? new SiloBuild()).Configure(silo);
            more?.Invoke(silo);
            silo.Configure<ClusterMembershipOptions>(options =>
            {
                options.ProbeTimeout = TimeSpan.FromSeconds(1);
                options.NumMissedProbesLimit = 2;
                options.EnableConnectionLivenessCheck = false;
            });
        });
        builder.ConfigureClient(client => client.Configure<TypeManagementOptions>(
            options => options.TypeMapRefreshInterval = TimeSpan.FromMilliseconds(20)));
#pragma warning disable ORLEANSEXP003 // as the silo's host does
        builder.Options.UseDistributedGrainDirectory = true;
#pragma warning restore ORLEANSEXP003
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new TestSilos(cluster, time, disk);
    }

    public static SubjectKey Key(string subject) => SubjectKey.Of(Scope, subject);

    /// <summary>Whether an actor is active.</summary>
    public bool IsActive(GrainId actor) => Cluster.TryGetGrainContext(actor, out _);

    /// <summary>One more front end: of this build, or of one before, which asks by interfaces alone.</summary>
    public OrleansEngine FrontEnd(bool isBefore = false, BatchSettings? batches = null)
    {
        var gate = new ClusterGate();
        gate.Open(Cluster.Client, isBefore ? null : Cluster.Client.ServiceProvider.GetRequiredService<IClusterManifestProvider>());
        return new OrleansEngine(gate, batches: batches);
    }

    /// <summary>Waits until the client has noticed which silos there are.</summary>
    public async Task KnownAsync(CancellationToken cancellationToken)
    {
        await foreach (var types in Cluster.Client.ServiceProvider.GetRequiredService<IClusterManifestProvider>().Updates
            .WithCancellation(cancellationToken))
        {
            if (types.Silos.Values.Count(silo => silo.Grains.Count > 0) == Cluster.Silos.Count)
                break;
        }
    }

    /// <summary>A key's own actor of an algorithm.</summary>
    public static GrainId IdOf(string subject, Algorithm algorithm = Algorithm.TokenBucket) =>
        GrainId.Create(ActorTypes.Of(algorithm), Key(subject).ToString());

    /// <summary>A key's common actor. Snapshots are stored under its name.</summary>
    public static GrainId CommonIdOf(string subject) => GrainId.Create(ActorTypes.Common, Key(subject).ToString());

    /// <summary>All actors that a key may have.</summary>
    public static IEnumerable<GrainId> IdsOf(SubjectKey key) =>
        Enum.GetValues<Algorithm>().Select(ActorTypes.Of).Append(ActorTypes.Common).Select(type => GrainId.Create(type, key.ToString()));

    /// <summary>Whichever of its actors are active leave memory, as after a while without a call.</summary>
    public Task DeactivateAsync(string subject) => DeactivateAsync(Key(subject));

    public async Task DeactivateAsync(SubjectKey key)
    {
        foreach (var actor in IdsOf(key))
            await Cluster.DeactivateAsync(actor);
    }

    public GrainId IdOf(SaleId sale) => Cluster.Client.GetGrain<IQueueValveGrain>(sale.Value).GetGrainId();

    public ValueTask<EngineReply> AskAsync(
        string subject,
        LimitSpec spec,
        Operation operation,
        long permits,
        CancellationToken cancellationToken,
        string? id = null) =>
        Engine.ExecuteAsync(new LimitRequest(
            Key(subject), spec, operation, Permits.Of(permits), id is null ? RequestId.None : RequestId.Of(id)), cancellationToken);

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
