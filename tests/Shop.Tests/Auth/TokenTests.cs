using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Tests.Tickets;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>Access tokens: what a good one is, and that nothing else passes.</summary>
public sealed class TokenTests
{
    [Fact]
    public async Task A_token_says_who_for_whom_until_when_and_what_it_is()
    {
        using var service = new AuthService();
        var signedUp = await service.SignUpAsync("ada@example.test");
        var parts = (await service.LogInAsync("ada@example.test")).Tokens.Access.Split('.');
        var header = Decode(parts[0]);
        var payload = Decode(parts[1]);
        var now = service.Service.Clock.GetUtcNow().ToUnixTimeSeconds();

        Assert.Equal(["alg HS256", "typ at+jwt"], header.Select(part => $"{part.Key} {(string)part.Value!}"));
        Assert.Equal(["aud", "exp", "iat", "iss", "jti", "nbf", "sid", "sub"], payload.Select(claim => claim.Key).Order());
        Assert.Equal((now, now + 900), ((long)payload["iat"]!, (long)payload["exp"]!));
        Assert.Equal(signedUp.Json.GetProperty("userId").GetString(), (string)payload["sub"]!);
    }

    [Fact]
    public async Task A_token_is_good_for_15_minutes_and_30_seconds_of_skew_and_not_a_moment_longer()
    {
        using var service = new AuthService();
        var token = (await service.EnterAsync("ada@example.test")).Access;
        service.Service.Clock.Advance(TimeSpan.FromSeconds(930) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(204, (await service.LogOutAsync(token)).Status);
        service.Service.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await IsRefusedAsync(service, token);
    }

    [Fact]
    public async Task A_front_end_whose_clock_is_30_seconds_behind_takes_a_token_and_no_further()
    {
        using var service = new AuthService();
        var token = (await service.EnterAsync("ada@example.test")).Access;
        service.Service.Clock.Advance(TimeSpan.FromSeconds(-30));
        Assert.Equal(204, (await service.LogOutAsync(token)).Status);
        service.Service.Clock.Advance(TimeSpan.FromMilliseconds(-1));
        await IsRefusedAsync(service, token);
    }

    [Fact]
    public void A_secret_that_was_made_at_the_start_is_told_and_one_that_was_set_is_not()
    {
        using var random = new TestService(settings: new Dictionary<string, string> { ["JWT_SECRET"] = "" });
        using var set = new TestService();
        Assert.Contains(random.Log.Lines, line => line.Contains("JWT_SECRET is not set", StringComparison.Ordinal));
        Assert.DoesNotContain(set.Log.Lines, line => line.Contains("JWT_SECRET", StringComparison.Ordinal));
    }

    public static TheoryData<string> Forgeries => [.. Forged.Keys];

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task A_forged_token_is_refused(string how)
    {
        using var service = new AuthService();
        var good = (await service.EnterAsync("ada@example.test")).Access;
        var parts = good.Split('.');

        // the forger's tool works: only the forgery is refused
        Assert.Equal(204, (await service.LogOutAsync(Signed(Decode(parts[0]), Decode(parts[1])))).Status);
        await IsRefusedAsync(service, Forged[how](Decode(parts[0]), Decode(parts[1]), parts[2]));
    }

    public static TheoryData<string> Oddities => [.. Odd.Keys];

    [Theory]
    [MemberData(nameof(Oddities))]
    public async Task A_token_that_is_rightly_signed_but_odd_is_refused_everywhere(string what)
    {
        using var service = new AuthService();
        var parts = (await service.EnterAsync("ada@example.test")).Access.Split('.');
        var (header, payload) = Odd[what](Decode(parts[0]), Decode(parts[1]));
        var token = Signed(header, payload);

        await IsRefusedAsync(service, token);
        using var client = service.Service.Connect();
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using (var receipts = await client.GetAsync("/ticket/receipts", TestContext.Current.CancellationToken))
            Assert.Equal(401, (int)receipts.StatusCode);
        using (var joined = await client.PostAsync($"/sales/{Guid.NewGuid()}/queue", null, TestContext.Current.CancellationToken))
            Assert.Equal(401, (int)joined.StatusCode);
    }

    [Fact]
    public async Task A_token_of_a_user_who_vanished_is_refused_before_it_gets_a_place_in_a_line()
    {
        using var shop = new TicketShop(hasValve: true);
        var sale = await shop.SaleOfAsync((await shop.AddSaleAsync(1))[0]);
        var token = shop.Get<AccessTokens>().Issue(Guid.NewGuid(), session: null);
        using var client = shop.Service.Connect();
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);

        using var joined = await client.PostAsync($"/sales/{sale}/queue", null, TestContext.Current.CancellationToken);

        Assert.Equal(401, (int)joined.StatusCode);
    }

    [Fact]
    public async Task A_user_who_vanishes_is_noticed_when_a_token_could_have_ended()
    {
        using var service = new AuthService();
        var token = (await service.EnterAsync("ada@example.test")).Access;
        Assert.Equal(204, (await service.LogOutAsync(token)).Status);
        await using (var db = service.Service.Services.GetRequiredService<ServiceDbFactory>().Create())
            await db.Users.ExecuteDeleteAsync(TestContext.Current.CancellationToken);

        service.Service.Clock.Advance(TimeSpan.FromMinutes(15));

        await IsRefusedAsync(service, token); // within its 30 seconds of skew
    }

    [Fact]
    public async Task A_session_is_ended_by_its_own_user_only()
    {
        using var service = new AuthService();
        var ada = await service.EnterAsync("ada@example.test");
        var bob = await service.EnterAsync("bob@example.test");
        var (parts, session) = (bob.Access.Split('.'), Decode(ada.Access.Split('.')[1])["sid"]!);

        await IsRefusedAsync(service, Signed(Decode(parts[0]), With(Decode(parts[1]), "sid", session.DeepClone())));

        Assert.Equal(200, (await service.RefreshAsync(ada.Refresh)).Status);
        // of a session that nobody knows nothing is to be ended
        Assert.Equal(204, (await service.LogOutAsync(
            Signed(Decode(parts[0]), With(Decode(parts[1]), "sid", Guid.NewGuid().ToString())))).Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("..")]
    [InlineData("e30.e30.")]
    public async Task No_token_is_no_way_in(string? token)
    {
        using var service = new AuthService();
        await IsRefusedAsync(service, token);
    }

    private static readonly Dictionary<string, Func<JsonObject, JsonObject, (JsonObject Header, JsonObject Payload)>> Odd = new()
    {
        ["no sub"] = (header, payload) => (header, Without(payload, "sub")),
        ["an empty sub"] = (header, payload) => (header, With(payload, "sub", "")),
        ["a sub that is no id"] = (header, payload) => (header, With(payload, "sub", "ada")),
        ["a sub that is a number"] = (header, payload) => (header, With(payload, "sub", 7)),
        ["a sub that is two"] = (header, payload) =>
            (header, With(payload, "sub", new JsonArray(payload["sub"]!.DeepClone(), Guid.NewGuid().ToString()))),
        ["a sub in braces"] = (header, payload) => (header, With(payload, "sub", $"{{{payload["sub"]}}}")),
        ["a user who is none"] = (header, payload) => (header, With(payload, "sub", Guid.NewGuid().ToString())),
        ["a sid that is no id"] = (header, payload) => (header, With(payload, "sid", "x")),
        ["a sid that is a list"] = (header, payload) => (header, With(payload, "sid", new JsonArray(payload["sid"]!.DeepClone()))),
        ["something critical"] = (header, payload) => (With(With(header, "crit", new JsonArray("exp")), "exp", 1), payload),
        ["something critical of ours"] = (header, payload) => (With(With(header, "crit", new JsonArray("b64")), "b64", true), payload),
        ["nothing critical, in a list"] = (header, payload) => (With(header, "crit", new JsonArray()), payload),
        ["crit that is a text"] = (header, payload) => (With(header, "crit", "exp"), payload),
    };

    private static readonly Dictionary<string, Func<JsonObject, JsonObject, string, string>> Forged = new()
    {
        ["alg none, no signature"] = (header, payload, _) => $"{Encode(With(header, "alg", "none"))}.{Encode(payload)}.",
        ["alg None, no signature"] = (header, payload, _) => $"{Encode(With(header, "alg", "None"))}.{Encode(payload)}.",
        ["alg none, the signature of another"] = (header, payload, signature) =>
            $"{Encode(With(header, "alg", "none"))}.{Encode(payload)}.{signature}",
        ["no alg"] = (header, payload, signature) => $"{Encode(Without(header, "alg"))}.{Encode(payload)}.{signature}",
        ["no signature"] = (header, payload, _) => $"{Encode(header)}.{Encode(payload)}.",
        ["HS512 with the right secret"] = (header, payload, _) => Signed(With(header, "alg", "HS512"), payload, HMACSHA512.HashData),
        ["HS384 with the right secret"] = (header, payload, _) => Signed(With(header, "alg", "HS384"), payload, HMACSHA384.HashData),
        ["says RS256, signed as HS256"] = (header, payload, _) => Signed(With(header, "alg", "RS256"), payload),
        ["RS256 with a key of the forger's in the header"] = SignedByOwnKey,
        ["another secret"] = (header, payload, _) =>
            Signed(header, payload, (_, data) => HMACSHA256.HashData("another secret of at least 32 bytes!"u8, data)),
        ["an empty secret"] = (header, payload, _) =>
            Signed(header, payload, (_, data) => HMACSHA256.HashData(ReadOnlySpan<byte>.Empty, data)),
        ["another user, the old signature"] = (header, payload, signature) =>
            $"{Encode(header)}.{Encode(With(payload, "sub", Guid.NewGuid().ToString()))}.{signature}",
        ["a later end, the old signature"] = (header, payload, signature) =>
            $"{Encode(header)}.{Encode(With(payload, "exp", (long)payload["exp"]! + 1))}.{signature}",
        ["one bit of the signature"] = (header, payload, signature) =>
            $"{Encode(header)}.{Encode(payload)}.{(signature[0] == 'A' ? 'B' : 'A')}{signature[1..]}",
        ["a shortened signature"] = (header, payload, signature) => $"{Encode(header)}.{Encode(payload)}.{signature[..20]}",
        ["an ID token's type"] = (header, payload, _) => Signed(With(header, "typ", "JWT"), payload),
        ["no type"] = (header, payload, _) => Signed(Without(header, "typ"), payload),
        ["another issuer"] = (header, payload, _) => Signed(header, With(payload, "iss", "somebody")),
        ["no issuer"] = (header, payload, _) => Signed(header, Without(payload, "iss")),
        ["another audience"] = (header, payload, _) => Signed(header, With(payload, "aud", "somebody")),
        ["no audience"] = (header, payload, _) => Signed(header, Without(payload, "aud")),
        ["no end"] = (header, payload, _) => Signed(header, Without(payload, "exp")),
        ["an end long ago"] = (header, payload, _) => Signed(header, With(payload, "exp", 1L)),
    };

    private static async Task IsRefusedAsync(AuthService service, string? token)
    {
        var reply = await service.LogOutAsync(token);
        Assert.Equal(401, reply.Status);
        Assert.StartsWith("Bearer", reply.Header("WWW-Authenticate"), StringComparison.Ordinal);
        Assert.Equal("application/problem+json", reply.Header("Content-Type"));
        Assert.Equal(
            """{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Authorization is missing or not good: it must be """
                + """Bearer and an access token of this service that has not expired.","message":"Authorization is missing or not good: """
                + """it must be Bearer and an access token of this service that has not expired.","field":"Authorization"}""",
            reply.Body);
    }

    private static string SignedByOwnKey(JsonObject header, JsonObject payload, string signature)
    {
        using var key = RSA.Create(2048);
        var parameters = key.ExportParameters(false);
        var jwk = new JsonObject
        {
            ["kty"] = "RSA",
            ["n"] = Base64Url.EncodeToString(parameters.Modulus),
            ["e"] = Base64Url.EncodeToString(parameters.Exponent),
        };
        var text = $"{Encode(With(With(header, "alg", "RS256"), "jwk", jwk))}.{Encode(payload)}";
        var signed = key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{text}.{Base64Url.EncodeToString(signed)}";
    }

    private static string Signed(JsonObject header, JsonObject payload, Func<byte[], byte[], byte[]>? sign = null)
    {
        var text = $"{Encode(header)}.{Encode(payload)}";
        var signature = (sign ?? HMACSHA256.HashData)(Encoding.UTF8.GetBytes(Configured.Secret), Encoding.ASCII.GetBytes(text));
        return $"{text}.{Base64Url.EncodeToString(signature)}";
    }

    private static JsonObject With(JsonObject json, string name, JsonNode value)
    {
        var copy = (JsonObject)json.DeepClone();
        copy[name] = value;
        return copy;
    }

    private static JsonObject Without(JsonObject json, string name)
    {
        var copy = (JsonObject)json.DeepClone();
        Assert.True(copy.Remove(name));
        return copy;
    }

    private static JsonObject Decode(string part) => (JsonObject)JsonNode.Parse(Base64Url.DecodeFromChars(part))!;

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));
}
