using System.Globalization;
using System.Text;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.AbuseBench.Mutations;

/// <summary>
/// Makes requests out of ones in order: each is changed in one to three ways, in its target, its headers, its body, or the bytes on the
/// wire. The same seed makes the same ones. One thread.
/// </summary>
internal sealed class Mutator(IReadOnlyList<RequestModel> models, long seed)
{
    private const int AsItWas = 20;
    private const int MakerOnceIn = 50;
    private const int WrongPortOnceIn = 20;
    private const int LongText = 9_000;

    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW", "get"];

    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1", "1.5", "1e400", "9223372036854775808", "-9223372036854775808", "\"\"", "\" \"", "\"\\u0000\"",
            "\"\\ud800\"", "\"\\u202e\"", "[]", "{}", "[[[[[[[[[[]]]]]]]]]]",
        "\"00000000-0000-0000-0000-000000000000\"", "\"'; --\"", "\"<b>\"", "[null]", "{\"a\":{\"a\":{}}}", "\"1\"", "999999999999",
            "\"\u00e9\"",
    ];

    private static readonly string[] Pieces =
        ["%00", "%2f", "%ff", "..", "//", "?", "&", "=", "&key=", "#", "%", "*", "+", ";", "/../", "%c3%28", "&cost=-1", "&policy=",
            "?tenant=~app", "&unknown=1", "00000000-0000-0000-0000-000000000000"];

    private static readonly string[] OddHeaders =
    [
        "Content-Type: text/plain", "Content-Type: application/json; charset=utf-7", "Content-Encoding: gzip", "Expect: 100-continue",
            "Expect: nothing", "Range: bytes=0-1", "If-None-Match: *", "Accept: text/html",
        "X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: " + "1.2.3.4, 1.2.3.4, 1.2.3.4", "Forwarded: for=\"[::1]\"", "X-Api-Key: ",
            "X-Api-Key: nobody's key, but a long one, to be sure", "Authorization: Basic YTpi",
        "Authorization: Bearer e30.e30.", "Idempotency-Key: \t", "Idempotency-Key: 1", "Sale-Admission: e30", "Upgrade: h2c",
            "Connection: close", "X-HTTP-Method-Override: DELETE", "Cookie: a=b", "Origin: null", "Host: elsewhere",
            "Accept-Encoding: br, gzip;q=0",
    ];

    private readonly Dice _dice = new(seed);
    private readonly RequestModel[][] _routes = [.. models.GroupBy(model => (model.Method, model.Route)).Select(route => route.ToArray())];

    /// <summary>The next request.</summary>
    public MutatedRequest Next()
    {
        var model = Pick();
        var isOperators = model.IsOperators != _dice.OnceIn(WrongPortOnceIn);
        var draft = new Draft(model.Method, model.Target, [.. model.Headers], model.Body);
        if (_dice.OnceIn(AsItWas))
            return new MutatedRequest(
                Encoding.Latin1.GetBytes(draft.ToText(null)), isOperators, IsBroken: false, IsHead: draft.Method == "HEAD");
        int? length = null;
        var changes = _dice.From(1, 3);
        for (var i = 0; i < changes; i++)
        {
            switch (_dice.From(0, 9))
            {
                case 0: draft.Method = _dice.OneOf(Methods); break;
                case <= 2: draft.Target = Spliced(draft.Target, _dice.OneOf(Pieces)); break;
                case 3: ChangeHeaders(draft.Headers); break;
                case 4 when draft.Body is { } body: length = (int)_dice.From(0, (2 * body.Length) + 1); break;
                case <= 8: draft.Body = Changed(draft.Body); break;
                default:
                    var bytes = Encoding.Latin1.GetBytes(draft.ToText(length));
                    Damage(bytes);
                    return new MutatedRequest(bytes, isOperators, IsBroken: true, IsHead: bytes.AsSpan().StartsWith("HEAD "u8));
            }
        }

        return new MutatedRequest(
            Encoding.Latin1.GetBytes(draft.ToText(length)), isOperators, length is not null || draft.IsFramed, draft.Method == "HEAD");
    }

    private RequestModel Pick()
    {
        while (true)
        {
            var model = _dice.OneOf<RequestModel>(_dice.OneOf<RequestModel[]>(_routes));
            if (!model.IsMaker || _dice.OnceIn(MakerOnceIn))
                return model;
        }
    }

    private void ChangeHeaders(List<string> headers)
    {
        switch (_dice.From(0, 4))
        {
            case 0 when headers.Count > 0: headers.RemoveAt(0); break;
            case 1 when headers.Count > 0: headers.Add(headers[0]); break;
            case 2 when headers.Count > 0: headers[0] = Spliced(headers[0], _dice.OneOf("\t", "\u00e9", ".", "=", "aaaa", ",")); break;
            case 3: headers.Add("X-Long: " + new string('x', (int)_dice.From(1, LongText))); break;
            default: headers.Add(_dice.OneOf(OddHeaders)); break;
        }
    }

    private string Changed(string? body)
    {
        if (string.IsNullOrEmpty(body))
            return _dice.OneOf(Values);
        return _dice.From(0, 6) switch
        {
            0 => body[..(int)_dice.From(0, body.Length)],
            1 => Spliced(body, _dice.OneOf(Values)),
            2 => WithOtherValue(body),
            3 => body.Replace("\"key\"", _dice.OneOf("\"Key\"", "\"key\":1,\"key\"", "\"kez\""), StringComparison.Ordinal),
            4 => body.Insert(body.Length - 1,
                $",{_dice.OneOf("\"x\"", "\"cost\"", "\"key\"", "\"policy\"", "\"email\"", "\"count\"")}:{_dice.OneOf(Values)}"),
            5 => $"[{body},{body}]",
            _ => WithOtherByte(body),
        };
    }

    /// <summary>Another value in place of one that follows a colon.</summary>
    private string WithOtherValue(string body)
    {
        var colon = body.IndexOf(':', (int)_dice.From(0, body.Length - 1));
        if (colon < 0)
            return WithOtherByte(body);
        var end = body.IndexOfAny([',', '}'], colon);
        return string.Concat(body.AsSpan(0, colon + 1), _dice.OneOf(Values), body.AsSpan(end < 0 ? body.Length : end));
    }

    private string WithOtherByte(string body)
    {
        var at = (int)_dice.From(0, body.Length - 1);
        return string.Concat(body.AsSpan(0, at), ((char)_dice.From(0, 255)).ToString(), body.AsSpan(at + 1));
    }

    private string Spliced(string text, string piece) => text.Insert((int)_dice.From(Math.Min(1, text.Length), text.Length), piece);

    private void Damage(byte[] bytes)
    {
        for (var i = _dice.From(1, 4); i > 0; i--)
            bytes[_dice.From(0, bytes.Length - 1)] = (byte)_dice.From(0, 255);
    }

    /// <summary>A request while it is being changed.</summary>
    private sealed class Draft(string method, string target, List<string> headers, string? body)
    {
        public string Method { get; set; } = method;

        public string Target { get; set; } = target;

        public List<string> Headers { get; } = headers;

        public string? Body { get; set; } = body;

        /// <summary>Whether a header says that something else comes than what does.</summary>
        public bool IsFramed =>
            Headers.Any(header => header.StartsWith("Expect", StringComparison.Ordinal)
            || header.StartsWith("Upgrade", StringComparison.Ordinal)
            || header.StartsWith("Connection", StringComparison.Ordinal));

        public string ToText(int? length)
        {
            var text = new StringBuilder();
            text.Append(CultureInfo.InvariantCulture, $"{Method} {Target.Replace(' ', '+')} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
            foreach (var header in Headers)
                text.Append(header).Append("\r\n");
            if (Body is not null || Method is "POST" or "PUT" or "PATCH")
                text.Append(CultureInfo.InvariantCulture,
                    $"Content-Type: application/json\r\nContent-Length: {length ?? Body?.Length ?? 0}\r\n");
            return text.Append("\r\n").Append(Body).ToString();
        }
    }
}
