using OrleansLimiter.AspNetCore;
#if (redis)
using OrleansLimiter.Engines.Redis;
#endif
#if (orleans)
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Grains;
#endif

var builder = WebApplication.CreateBuilder(args);
#if (orleans)
// One silo, in this process. Silos on several machines find each other by another clustering: then they all have one count.
builder.UseOrleans(silo => silo
    .UseLocalhostClustering(builder.Configuration.GetValue("SiloPort", 11_111), builder.Configuration.GetValue("GatewayPort", 30_000))
    .AddMemoryGrainStorage("limits")
    .AddLimitGrains(TimeProvider.System));
builder.AddOrleansLimiter();
builder.AddOrleansEngine(services => services.GetRequiredService<IGrainFactory>());
#elif (redis)
builder.AddOrleansLimiter().AddRedisEngine(); // at REDIS_URL; in Development, without it, at redis://localhost:6379
#else
builder.AddOrleansLimiter();
#endif

var app = builder.Build();
app.MapPost("/orders", () => "ordered\n").RequireLimit("orders");
app.Run();
