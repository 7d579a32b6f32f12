using System.Net;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Grains;
using OrleansLimiter.Hosting.Settings;
using StackExchange.Redis;

namespace OrleansLimiter.Silo;

/// <summary>Makes silos that serve the limits' actors.</summary>
internal static class LimiterSilo
{
    /// <summary>A host that joins the cluster when it starts.</summary>
    /// <param name="settings">Its place in the cluster.</param>
    /// <param name="time">The clock of the decisions.</param>
    /// <param name="loggers">Where it logs; keys are taken out.</param>
    /// <returns>The host, not started.</returns>
    public static IHost Build(ClusterSettings settings, TimeProvider time, ILoggerFactory loggers)
    {
        var builder = ChildHost.CreateBuilder(loggers);
        builder.UseOrleans(silo => silo.Configure(settings, time));
        return builder.Build();
    }

    private static void Configure(this ISiloBuilder silo, ClusterSettings settings, TimeProvider time)
    {
        silo.AddLimitGrains(time, grains =>
        {
            grains.MaxActiveKeys = settings.MaxActiveKeys;
            grains.SnapshotInterval = settings.SnapshotInterval;
        });
        if (settings.Redis is { } redis)
            silo.MeetAt(redis, settings);
        else
            silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, null, settings.ServiceId, settings.ClusterId)
                .AddMemoryGrainStorage(LimitGrainOptions.StorageName);
        silo.FailOverFast();

        // Memory is given back before it is short. A key with a window of less than a minute may then start fresh, as after a crash.
        silo.Configure<GrainCollectionOptions>(collection => collection.EnableActivationSheddingOnMemoryPressure = true);
    }

    private static void MeetAt(this ISiloBuilder silo, RedisAddress redis, ClusterSettings settings)
    {
        silo.Configure<Orleans.Configuration.ClusterOptions>(cluster =>
        {
            cluster.ClusterId = settings.ClusterId;
            cluster.ServiceId = settings.ServiceId;
        });
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = settings.Address;
            endpoints.SiloPort = settings.SiloPort;
            endpoints.GatewayPort = settings.GatewayPort;
            endpoints.SiloListeningEndpoint = new IPEndPoint(ListenOn(settings.Address), settings.SiloPort);
            endpoints.GatewayListeningEndpoint = new IPEndPoint(ListenOn(settings.Address), settings.GatewayPort);
        });
        silo.UseRedisClustering(membership => membership.ConfigurationOptions = ConfigurationOptions.Parse(redis.ToConfigurationText()));
        silo.AddRedisGrainStorage(LimitGrainOptions.StorageName, storage => storage.Configure<Serializer>((options, serializer) =>
        {
            options.ConfigurationOptions = ConfigurationOptions.Parse(redis.ToConfigurationText());
            options.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
        }));
    }

    /// <summary>Nobody on the network reaches a silo that is only known on this machine: its ports ask for no password.</summary>
    private static IPAddress ListenOn(IPAddress advertised) => IPAddress.IsLoopback(advertised) ? advertised : IPAddress.Any;

    /// <summary>
    /// A silo that dies or freezes is voted out in about two seconds instead of ten to sixty. The price: one that gets no time to run for so long is voted
    /// out too, and ends itself.
    /// </summary>
    private static void FailOverFast(this ISiloBuilder silo)
    {
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = TimeSpan.FromMilliseconds(600);
            membership.MinProbeTimeout = TimeSpan.FromMilliseconds(300);
            membership.MaxProbeTimeout = TimeSpan.FromMilliseconds(800);
            membership.NumMissedProbesLimit = 3;

            // Else a connection on which anything came in lately, as on a frozen silo's, keeps its silo from being voted out for a minute.
            membership.EnableConnectionLivenessCheck = false;

            // Silos that all died uncleanly are taken for dead three times this long after: the longest that new ones under new addresses wait.
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        });
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = ClusterTimes.Response);
        silo.Configure<ConnectionOptions>(connections =>
        {
            connections.OpenConnectionTimeout = ClusterTimes.OpenConnection;
            connections.ConnectionRetryDelay = ClusterTimes.ConnectionRetry;
        });
    }
}
