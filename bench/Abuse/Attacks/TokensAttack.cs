using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>Access tokens that are rightly signed, but odd: nobody but the service, or a thief of its secret, could make them.</summary>
internal sealed class TokensAttack : IAttack
{
    private const string Header = """{"alg":"HS256","typ":"at+jwt"}""";
    private static readonly (HttpMethod Method, string Path)[] Routes =
        [(HttpMethod.Post, "/auth/logout"), (HttpMethod.Get, "/ticket/receipts"), (HttpMethod.Post, $"/sales/{Guid.Empty}/queue"),
            (HttpMethod.Post, "/ticket/pay-ticket")];

    /// <inheritdoc />
    public string Name => "tokens";

    /// <inheritdoc />
    public string Summary => "tokens rightly signed but odd (no sub, nobody's, crit, the session of another): 401 on every route";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(null, cancellation);
        using var caller = new Caller(service.Url);
        var (ada, bob) = (await EnterAsync(caller, "ada@example.test", cancellation),
            await EnterAsync(caller, "bob@example.test", cancellation));
        var good = Claims(bob, $"\"sub\":\"{bob.User}\",\"sid\":\"{bob.Session}\"");

        run.Findings.Equal("a good token: logout",
            (await AskAsync(caller, HttpMethod.Post, "/auth/logout", Signed(Header, good), cancellation)).Status, 204);
        (string What, string Token)[] odd =
        [
            ("no sub", Signed(Header, Claims(bob, $"\"sid\":\"{bob.Session}\""))),
            ("a sub that is no id", Signed(Header, Claims(bob, "\"sub\":\"bob\""))),
            ("a user who vanished", Signed(Header, Claims(bob, $"\"sub\":\"{Guid.NewGuid()}\""))),
            ("crit", Signed("""{"alg":"HS256","typ":"at+jwt","crit":["exp"],"exp":1}""", good)),
        ];
        foreach (var (what, token) in odd)
        {
            foreach (var (method, path) in Routes)
                run.Findings.Equal($"{what}: {method} {path}", (await AskAsync(caller, method, path, token, cancellation)).Status, 401);
        }

        var stolen = Signed(Header, Claims(bob, $"\"sub\":\"{bob.User}\",\"sid\":\"{ada.Session}\""));
        run.Findings.Equal("the session of another: logout",
            (await AskAsync(caller, HttpMethod.Post, "/auth/logout", stolen, cancellation)).Status, 401);
        run.Findings.Equal("the other's session, after that",
            (await caller.PostAsync("/auth/refresh-token", new { refreshToken = ada.Refresh }, cancellation)).Status, 200);
    }

    private static Task<Answer> AskAsync(Caller caller, HttpMethod method, string path, string token, CancellationToken cancellation) =>
        caller.SendAsync(method, path, method == HttpMethod.Post ? new StringContent("{}", Encoding.UTF8, "application/json") : null,
            cancellation, ("Authorization", $"Bearer {token}"));

    private static async Task<Entered> EnterAsync(Caller caller, string email, CancellationToken cancellation)
    {
        const string Password = "correct horse battery";
        await caller.PostAsync("/auth/signup", new { email, password = Password }, cancellation);
        var pair = (await caller.PostAsync("/auth/login", new { email, password = Password }, cancellation)).Json;
        var claims = System.Text.Json.JsonDocument.Parse(
            Base64Url.DecodeFromChars(pair.GetProperty("accessToken").GetString()!.Split('.')[1])).RootElement;
        return new Entered(claims.GetProperty("sub").GetString()!, claims.GetProperty("sid").GetString()!, pair.GetProperty("refreshToken")
            .GetString()!, claims.GetProperty("iat").GetInt64());
    }

    private static string Claims(Entered like, string more) =>
        $$"""{"iss":"orleanslimiter","aud":"orleanslimiter-api","iat":{{like.At}},"nbf":{{like.At}},"exp":{{like.At + 900}},"""
            + $$""" "jti":"x",{{more}}}""";

    private static string Signed(string header, string claims)
    {
        var text = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(AttackedService.JwtSecret), Encoding.ASCII.GetBytes(text));
        return $"{text}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>Somebody who has logged in.</summary>
    private sealed record Entered(string User, string Session, string Refresh, long At);
}
