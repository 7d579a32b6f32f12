using OrleansLimiter.AspNetCore;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Grains;

var builder = WebApplication.CreateBuilder(args);
builder.UseOrleans(silo => silo
    .UseLocalhostClustering(builder.Configuration.GetValue("SiloPort", 11_111), builder.Configuration.GetValue("GatewayPort", 30_000))
    .AddMemoryGrainStorage("limits")
    .AddLimitGrains(TimeProvider.System));
builder.AddOrleansLimiter(o => o.AddPolicy("orders", policy => policy.TokenBucket(10, TimeSpan.FromMinutes(1)).By("ip")));
builder.AddOrleansEngine(services => services.GetRequiredService<IGrainFactory>());

var app = builder.Build();
app.MapPost("/orders", () => "ordered\n").RequireLimit("orders");
app.Run();
