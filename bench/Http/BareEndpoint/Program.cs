// The yardsticks for POST /limit/incr and GET /sales/{id}/queue: endpoints on the same server that read the same JSON, if any, and answer
// the same status, headers and body, and decide nothing. Started by bench/Http/run.sh and bench/Sale/polls.sh.
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Primitives;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false); // as the service
builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT")}");
var app = builder.Build();

var answer =
    ("""{"allowed":true,"remaining":999999999,"resetAtMs":1795308217408,"retryAfterMs":0,"limit":"""u8
        + """1000000000,"policy":"unlimited-bench","source":"memory"}"""u8).ToArray();
StringValues policy = "\"unlimited-bench\";q=1000000000;w=3600";
StringValues limit = "\"unlimited-bench\";r=999999999;t=1";
app.MapPost("/limit/incr", async context =>
{
    var call = await context.Request.ReadFromJsonAsync(BareJson.Default.Call, context.RequestAborted);
    if (call?.Key is not { Length: > 0 })
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return;
    }

    var response = context.Response;
    response.Headers["RateLimit-Policy"] = policy;
    response.Headers["RateLimit"] = limit;
    response.ContentType = "application/json";
    response.ContentLength = answer.Length;
    await response.Body.WriteAsync(answer, context.RequestAborted);
});

StringValues queuePolicy = "\"queue-user\";q=10;w=10";
StringValues queueLimit = "\"queue-user\";r=9;t=1";
StringValues noStore = "no-store";
app.MapGet("/sales/{id}/queue", async context =>
{
    var body = JsonSerializer.SerializeToUtf8Bytes(new Place("waiting", 50_000, null, 60_000, 50_000), BareJson.Default.Place);
    var response = context.Response;
    response.Headers.CacheControl = noStore;
    response.Headers["RateLimit-Policy"] = queuePolicy;
    response.Headers["RateLimit"] = queueLimit;
    response.ContentType = "application/json";
    response.ContentLength = body.Length;
    await response.Body.WriteAsync(body, context.RequestAborted);
});
app.Run();

internal sealed record Place(string State, int? Position, long? EtaSeconds, long? PollAfterMs, long? Number);

internal sealed record Call(string? Key, long? Cost, string? Policy, string? RequestId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Call))]
[JsonSerializable(typeof(Place))]
internal sealed partial class BareJson : JsonSerializerContext;
