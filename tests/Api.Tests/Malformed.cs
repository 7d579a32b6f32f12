using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansLimiter.Api.Tests;

/// <summary>
/// Makes requests that break a rule, each in one way or several. Where a mutation might have left a request in order, an oracle of its own
/// (the framework's JSON document) judges, and another is made. One thread.
/// </summary>
internal sealed class Malformed(Random random)
{
    /// <summary>The policies that requests name.</summary>
    public static readonly string[] Policies = [
        "default", "exact-token-bucket", "exact-gcra", "exact-fixed-window", "exact-sliding-window", "exact-sliding-log", "concurrency",
        "leaky-bucket"];

    /// <summary>The keys that requests name.</summary>
    public static readonly string[] Keys = ["victim-1", "victim-2", "victim-3"];

    private static readonly string[] Routes = ["incr", "refund", "release", "batch"];

    private static readonly string[] BadFields =
    [
        "\"key\":\"\"", "\"key\":null", "\"key\":1", "\"key\":[]", "\"key\":\"\\ud800\"", "\"key\":\"\\udc00\\ud800\"",
            "\"key\":\"a\\u0000\"", "\"key\":\"\\u007f\"",
        "\"cost\":-1", "\"cost\":1.5", "\"cost\":1e2", "\"cost\":\"1\"", "\"cost\":{}", "\"cost\":1000001",
            "\"cost\":-9223372036854775808", "\"cost\":1e999", "\"cost\":123456789012345678901234567890",
        "\"policy\":\"nope\"", "\"policy\":7", "\"policy\":\"\"", "\"policy\":\"login-ip\"", "\"policy\":\"buy-ticket\"",
            "\"policy\":\"\\ud83d\"",
        "\"requestId\":\"\"", "\"requestId\":\"a b\"", "\"requestId\":false", "\"requestId\":\"\\u00e9\"", "\"lease\":12",
    ];

    private static readonly string[] BadQueries =
    [
        "", "key=", "key=%", "key=%z1", "key=%ff", "key=%c3", "key=%ed%a0%80", "key=a%00", "key=a&key=b", "key=a&cost=", "key=a&cost=x",
            "key=a&cost=-1", "key=a&cost=1000001", "key=a&cost=1&cost=1",
        "key=a&policy=nope", "key=a&policy=%ff", "key=a&policy=queue-user", "Key=a", "&&&", "=", "key=a&policy=default&policy=default",
    ];

    /// <summary>The next request, as the bytes on the wire.</summary>
    public string Next() => random.Next(100) switch
    {
        < 30 => Post(Any(Routes), BrokenJson()),
        < 55 => Post(Any(Routes[..3]), BadValue()),
        < 62 => Post("batch", BadBatch()),
        < 72 => Get(Any(BadQueries)),
        < 76 => Post("incr", Body(), contentType: Any(
            "text/plain", "application/xml", "application/json; charset=latin1", "json", "", "multipart/form-data; boundary=x")),
        < 80 => Post(Any("incr", "release", "batch"), Body(),
            header: "X-Api-Key: " + Any("", "nobody", new string('k', 300), "dev-free-key,dev-pro-key") + "\r\n"),
        < 83 => $"{Any("PUT", "DELETE", "PATCH", "GET", "OPTIONS", "BREW")} /limit/incr HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        < 86 => $"GET {Any("/limit", "/limit/", "/limit//incr", "/limits/incr", "/limit/incr/x/..", "/%6cimit/nothing", "/limit/%00")} "
            + $"HTTP/1.1\r\nHost: x\r\n\r\n",
        < 88 => $"{Any("POST", "PUT", "PATCH")} /limit/{Any(Policies)}/{Any(Keys)}?tenant=public HTTP/1.1\r\nHost: x\r\n"
            + "Content-Length: 0\r\nX-Api-Key: dev-pro-key\r\n\r\n",
        < 92 => Post("incr", string.Empty),
        < 95 => Chunked(BrokenJson()),
        < 96 => Chunked(Body(), Any("zz\r\n", "-1\r\n", "ffffffffffffffffff\r\n", "5 5\r\n")),
        < 97 => Post("incr", $"{{\"x\":\"{new string('x', 65_536)}\"}}"),
        < 98 => BadHead(),
        _ => Post(Any(Routes), Noise()),
    };

    private string Post(string route, string body, string contentType = "application/json", string header = "")
    {
        var tenant = route == "refund" || random.Next(2) == 0 ? "X-Api-Key: dev-free-key\r\n" : string.Empty;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"POST /limit/{route} HTTP/1.1\r\nHost: x\r\nContent-Type: "
                + $"{contentType}\r\n{(header.Length > 0 ? header : tenant)}Content-Length: {body.Length}\r\n\r\n{body}");
    }

    private static string Get(string query) => $"GET /limit/check?{query} HTTP/1.1\r\nHost: x\r\n\r\n";

    private static string Chunked(string body, string? size = null) => string.Create(
        CultureInfo.InvariantCulture,
        $"POST /limit/incr HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: "
            + $"chunked\r\n\r\n{size ?? body.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"}{body}\r\n0\r\n\r\n");

    private string BadHead() => Any(
        "POST /limit/incr HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        "POST /limit/incr HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "POST /limit/incr HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST /limit/incr HTTP/1.1\r\n\r\n",
        "POST /limit/incr HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "POST /limit/incr HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "POST /limit/in cr HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST  HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /limit/check?key=\u0000 HTTP/1.1\r\nHost: x\r\n\r\n",
        $"GET /limit/check?key={new string('a', 9_000)} HTTP/1.1\r\nHost: x\r\n\r\n",
        $"GET /limit/check?key= HTTP/1.1\r\nHost: x\r\nX: {new string('a', 33_000)}\r\n\r\n",
        "{\"key\":\"victim-1\"}\r\n\r\n");

    /// <summary>A good body.</summary>
    private string Body() =>
        $"{{\"key\":\"{Any(Keys)}\",\"cost\":{random.Next(1, 4).ToString(CultureInfo.InvariantCulture)},\"policy\":\"{Any(Policies)}\"}}";

    /// <summary>A body with a wrong value; with a lease, so that a release has no other fault.</summary>
    private string BadValue()
    {
        var bad = Any(BadFields);
        var name = bad[..bad.IndexOf(':', StringComparison.Ordinal)];
        var good = new[] { $"\"key\":\"{Any(Keys)}\"", $"\"policy\":\"{Any(Policies)}\"", "\"lease\":\"0123456789abcdef0123456789abcdef\"" }
            .Where(field => !field.StartsWith(name, StringComparison.Ordinal) || random.Next(4) == 0);
        return "{" + string.Join(",", good.Append(bad).OrderBy(_ => random.Next())) + "}";
    }

    private string BadBatch()
    {
        var items = Enumerable.Range(0, random.Next(0, 105)).Select(_ => Body()).ToList();
        if (items.Count is > 0 and <= 100)
            items[random.Next(items.Count)] = Any(BadValue(), "7", "null", "[]", "{}", "\"key\"");
        return $"{{\"checks\":[{string.Join(",", items)}]}}";
    }

    /// <summary>A body with bytes cut off, changed, doubled or put in, until it is no JSON any more.</summary>
    private string BrokenJson()
    {
        while (true)
        {
            var bytes = Encoding.Latin1.GetBytes(random.Next(4) == 0 ? $"{{\"checks\":[{Body()},{Body()}]}}" : Body()).ToList();
            for (var times = random.Next(1, 4); times > 0 && bytes.Count > 0; times--)
            {
                var place = random.Next(bytes.Count);
                switch (random.Next(5))
                {
                    case 0:
                        bytes.RemoveRange(place, bytes.Count - place);
                        break;
                    case 1:
                        bytes[place] = (byte)random.Next(256);
                        break;
                    case 2:
                        bytes.Insert(place, (byte)random.Next(256));
                        break;
                    case 3:
                        bytes.RemoveAt(place);
                        break;
                    default:
                        bytes.AddRange(bytes.GetRange(place, bytes.Count - place));
                        break;
                }
            }

            if (!IsJson([.. bytes]))
                return Encoding.Latin1.GetString([.. bytes]);
        }
    }

    private string Noise()
    {
        var bytes = new byte[random.Next(1, 200)];
        do
            random.NextBytes(bytes);
        while (IsJson(bytes));
        return Encoding.Latin1.GetString(bytes);
    }

    private static bool IsJson(byte[] bytes)
    {
        try
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
            using var document = JsonDocument.Parse(bytes);
            return true;
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            return false;
        }
    }

    private string Any(params string[] choices) => choices[random.Next(choices.Length)];
}
