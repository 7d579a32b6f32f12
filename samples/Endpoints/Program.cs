using Microsoft.AspNetCore.Http.Connections;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Samples.Endpoints;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
builder.Services.AddRazorPages();
builder.Services.AddSignalR();
builder.Services.AddGrpc();
builder.Services.AddHealthChecks();
builder.Services.AddAuthentication();
builder.Services.AddAuthorization();
builder.Services.AddReverseProxy().LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"));
builder.AddOrleansLimiter(o => o
    .AddPolicy("devices", policy => policy.TokenBucket(2, TimeSpan.FromMinutes(1)).By(context => context.Request.Headers["Device-Id"])));

var app = builder.Build();
app.UseRouting();
app.UseGlobalLimit("everything");
app.UseLimitsBeforeAuthentication();
app.UseAuthentication();
app.UseAuthorization();
app.MapHealthChecks("/health").ExemptFromGlobalLimit();

// Minimal APIs and groups
var api = app.MapGroup("/api").RequireLimit("api");
api.MapGet("/prices", () => "cheap");
api.MapPost("/orders", () => "ordered").RequireLimit("orders", cost: 2);
app.MapGet("/report", [RequireLimit("reports")] () => "long");

// Who is counted, said by code
app.MapGet("/device", () => "known").RequireLimit("devices");
app.MapGet("/host", context => context.Response.WriteAsync(context.Request.Host.Host))
    .RequireLimit("hosts", context => context.Request.Host.Host);

// Before authentication
app.MapPost("/login", () => "who are you?").RequireLimitBeforeAuthentication("logins");

// Controllers and pages
app.MapControllers();
app.MapRazorPages().RequireLimit("pages");

// Hubs
app.MapHub<ChatHub>("/chat");
app.MapHub<FeedHub>("/feed", options => options.Transports = HttpTransportType.WebSockets | HttpTransportType.ServerSentEvents)
    .RequireLimit("feeds");

// gRPC
app.MapGrpcService<EchoService>().RequireLimit("calls");

// YARP
app.MapReverseProxy().RequireLimit("proxied");

// Static assets
app.MapStaticAssets().RequireLimit("assets");

// Fallbacks
app.MapFallbackToController("Index", "Missing");
app.Run();
