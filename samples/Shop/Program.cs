using OrleansLimiter.AspNetCore;
using OrleansLimiter.Engines.Redis;
var builder = WebApplication.CreateBuilder(args);
builder.AddOrleansLimiter().AddRedisEngine();
var app = builder.Build();
app.MapPost("/orders", () => "ordered\n").RequireLimit("orders");
app.Run();
