using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansLimiter.Configuration;
using OrleansLimiter.Engines.Orleans.Connecting;
using OrleansLimiter.Grains;
using OrleansLimiter.Grains.Valve;

namespace OrleansLimiter.Silo;

/// <summary>Makes silos that serve the limits' and the valves' actors.</summary>
internal static class LimiterSilo
{
    // Two windows of 366 days. Only a bucket with a burst of more than two limits remembers for longer, and is then given what it had used.
    private static readonly TimeSpan LongestHorizon = TimeSpan.FromDays(2 * 366);

    /// <summary>A host that joins the cluster when it starts.</summary>
    /// <param name="settings">Its place in the cluster.</param>
    /// <param name="time">The clock of the decisions.</param>
    /// <param name="loggers">Where it logs; keys are taken out.</param>
    /// <param name="meters">Where it measures.</param>
    /// <param name="standing">Told what is known of Redis; null: nobody wants to know.</param>
    /// <returns>The host, not started.</returns>
    public static IHost Build(
        ClusterSettings settings, TimeProvider time, ILoggerFactory loggers, IMeterFactory meters, RedisHealth? standing = null)
    {
        var builder = ChildHost.CreateBuilder(loggers, time, meters);
        if (settings.Redis is not null)
        {
            builder.Services.AddRedisClients(time, standing);
            builder.Services.WatchTheList(settings, time);
        }

        builder.UseOrleans(silo => silo.Configure(settings, time));
        return builder.Build();
    }

    /// <summary>What runs beside a silo for its place in the list of silos. Begins before it.</summary>
    private static void WatchTheList(this IServiceCollection services, ClusterSettings settings, TimeProvider time)
    {
        services.AddHostedService(provider => new ListRoom(
            provider.GetRequiredService<IMembershipTable>(), settings.Client.ClusterId, provider.GetRequiredService<ILogger<ListRoom>>()));
        services.AddHostedService(provider => new MembershipWatch(
            ActivatorUtilities.CreateInstance<ListedSilo>(provider),
            Environment.FailFast,
            time,
            provider.GetRequiredService<ILogger<MembershipWatch>>(),
            provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping));
    }

    private static void Configure(this ISiloBuilder silo, ClusterSettings settings, TimeProvider time)
    {
        silo.AddLimitGrains(time, grains =>
        {
            grains.MaxActiveKeys = settings.MaxActiveKeys;
            grains.MaxActiveKeysPerTenant = settings.MaxActiveKeysPerTenant;
            grains.MaxActiveOwnKeys = settings.MaxActiveOwnKeys;
            grains.SnapshotInterval = settings.SnapshotInterval;
        });
        silo.AddQueueValves(time);
        if (settings.Redis is { } redis)
            silo.MeetAt(redis, settings);
        else
            silo.UseLocalhostClustering(
                settings.SiloPort, settings.Client.LocalGatewayPort, null, settings.Client.ServiceId, settings.Client.ClusterId)
                .AddMemoryGrainStorage(LimitGrainOptions.StorageName);
        silo.WarmUpLimitGrains();
        silo.FailOverFast(settings);
        silo.EndMisnamedConnections();

        // Orleans' usual directory may have two actors of one key for a while whenever a silo comes or goes, each with a count of its own.
#pragma warning disable ORLEANSEXP003 // marked as experimental; ADR 010 says what was measured with either
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003

        // It would keep a crashed silo's keys from being active anywhere for half a minute, in case that silo lives on: too long for a
        // limit.
        silo.Configure<GrainDirectoryOptions>(directory => directory.RangeLeaseDuration = TimeSpan.Zero);

        // Memory is given back before it is short. A key with a window of less than a minute may then start fresh, as after a crash.
        silo.Configure<GrainCollectionOptions>(collection => collection.EnableActivationSheddingOnMemoryPressure = true);
    }

    private static void EndMisnamedConnections(this ISiloBuilder silo)
    {
        var connections = new MisnamedConnections();
        silo.Configure<SiloConnectionOptions>(options =>
            options.ConfigureSiloOutboundConnection(
                outbound => outbound.Use(next => connection => connections.RunAsync(connection, next))));
        silo.AddStartupTask(
            (services, _) =>
            {
                services.GetRequiredService<ISiloStatusOracle>().SubscribeToSiloStatusEvents(connections);
                return Task.CompletedTask;
            },
            ServiceLifecycleStage.RuntimeInitialize);
    }

    private static void MeetAt(this ISiloBuilder silo, RedisAddress redis, ClusterSettings settings)
    {
        silo.Configure<Orleans.Configuration.ClusterOptions>(cluster =>
        {
            cluster.ClusterId = settings.Client.ClusterId;
            cluster.ServiceId = settings.Client.ServiceId;
        });
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = settings.Address;
            endpoints.SiloPort = settings.SiloPort;
            endpoints.GatewayPort = settings.Client.LocalGatewayPort;
            endpoints.SiloListeningEndpoint = new IPEndPoint(ListenOn(settings.Address), settings.SiloPort);
            endpoints.GatewayListeningEndpoint = new IPEndPoint(ListenOn(settings.Address), settings.Client.LocalGatewayPort);
        });
        var address = redis.ToConfigurationText();
        silo.UseRedisClustering(membership => membership.ConfigurationOptions = RedisConnecting.OptionsOf(address));

        // A record outlives what its key remembers: twice as long, so that a write that comes late does not come too late.
        silo.AddSnapshots(LimitGrainOptions.StorageName, address, LongestHorizon * 2);
        foreach (var storage in ExpiringStorage.All)
            silo.AddSnapshots(storage.StorageName, address, storage.Horizon * 2);
    }

    private static void AddSnapshots(this ISiloBuilder silo, string name, string address, TimeSpan expiry) =>
        silo.AddRedisGrainStorage(name, storage => storage.Configure<Serializer, RedisClients>((options, serializer, clients) =>
        {
            options.ConfigurationOptions = RedisConnecting.OptionsOf(address);
            options.CreateMultiplexer = async chosen => (await clients.ConnectAsync(chosen.ConfigurationOptions!), IsShared: false);
            options.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
            options.EntryExpiry = expiry;
        }));

    /// <summary>Nobody on the network reaches a silo that is only known on this machine: its ports ask for no password.</summary>
    internal static IPAddress ListenOn(IPAddress advertised)
    {
        if (IPAddress.IsLoopback(advertised))
            return advertised;

        // Who is known by an IPv6 address is called there, which a socket of IPv4 does not hear.
        return advertised.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
    }

    /// <summary>
    /// A silo that dies or freezes is voted out in about two seconds instead of ten to sixty. The price: one that gets no time to run for
    /// so long is voted out too, and ends itself.
    /// </summary>
    private static void FailOverFast(this ISiloBuilder silo, ClusterSettings settings)
    {
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = settings.ProbeTimeout;

            // Three of these is also for how long anything that came in keeps a silo from being voted out: by default a minute, which a
            // frozen one is given.
            membership.MaxProbeTimeout = settings.ProbeTimeout * 1.2;

            // Silos that all died uncleanly are taken for dead after three of these: the longest that new ones under new addresses wait.
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
        });
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = ClusterTimes.Response);
    }
}
