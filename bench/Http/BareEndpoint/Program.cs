// The yardstick for POST /limit/incr: an endpoint on the same server that reads the same JSON and answers the same status,
// headers and body, and decides nothing. Started by bench/Http/run.sh.
using System.Text.Json.Serialization;
using Microsoft.Extensions.Primitives;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT")}");
var app = builder.Build();

var answer = """{"allowed":true,"remaining":999999999,"resetAtMs":1795308217408,"retryAfterMs":0,"limit":1000000000,"policy":"unlimited-bench","source":"memory"}"""u8.ToArray();
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
app.Run();

internal sealed record Call(string? Key, long? Cost, string? Policy, string? RequestId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Call))]
internal sealed partial class BareJson : JsonSerializerContext;
