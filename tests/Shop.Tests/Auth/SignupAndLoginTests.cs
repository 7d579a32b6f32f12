using System.Globalization;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Tests.Databases;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>Sign-up and login: what they answer, and what a stranger can learn from it.</summary>
public sealed class SignupAndLoginTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Who_signed_up_logs_in_whatever_the_case_of_the_address_and_logs_out(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new AuthService(database);
        var signedUp = await service.SignUpAsync("  Ada@Example.TEST ");
        Assert.Equal(201, signedUp.Status);
        Assert.Equal("no-store", signedUp.Header("Cache-Control"));

        var login = await service.LogInAsync("ada@example.test");
        Assert.Equal(["accessToken", "refreshToken", "tokenType", "expiresIn"], login.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(("Bearer", 900), (login.Json.GetProperty("tokenType").GetString(), login.Json.GetProperty("expiresIn").GetInt32()));
        Assert.Equal(204, (await service.LogOutAsync(login.Tokens.Access)).Status);
        Assert.Equal(401, (await service.RefreshAsync(login.Tokens.Refresh)).Status);
        Assert.Equal(204, (await service.LogOutAsync(login.Tokens.Access)).Status); // until it expires, an access token stays good
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task An_address_that_is_taken_is_answered_as_a_new_one_after_the_same_work_and_nothing_changes(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var notifier = new Notes();
        using var service = new AuthService(database, configure: services => services.AddSingleton<IAccountNotifier>(notifier));
        var first = await service.SignUpAsync("ada@example.test");
        var work = service.Hasher.TakeWork();
        Assert.Equal(204, (await service.PostAsync(
            "/auth/confirm", new { token = notifier.Confirmation, password = AuthService.Password }, "192.0.2.9")).Status);
        service.Hasher.TakeWork();
        service.Service.Clock.JumpTo(service.Service.Clock.GetUtcNow() + Signups.NoticePeriod);
        var again = await service.SignUpAsync("ADA@example.test", "another password of hers");

        Assert.Equal([Passwords.Iterations], work);
        Assert.Equal(work, service.Hasher.TakeWork());
        Assert.Equal(first.Status, again.Status);
        Assert.Equal(Shape(first), Shape(again));
        Assert.NotEqual(UserId(first), UserId(again));
        Assert.Equal(200, (await service.LogInAsync("ada@example.test")).Status);
        Assert.Equal(401, (await service.LogInAsync("ada@example.test", "another password of hers")).Status);
        Assert.Equal([$"{UserId(first)} ada@example.test", "again ada@example.test"], notifier.Lines);

        static string Shape(Reply reply) =>
            string.Join('\n', reply.Headers.Where(header => header.Key is not ("Date" or "RateLimit"))
            .Select(header => $"{header.Key}: {header.Value}"))
            + reply.Body.Replace(UserId(reply).ToString(), "id", StringComparison.Ordinal);
        static Guid UserId(Reply reply) => reply.Json.GetProperty("userId").GetGuid();
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Of_many_who_sign_up_with_one_address_at_once_one_gets_the_account(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new AuthService(database, null, null, ("Hashing:WaitingPerAccount", "64"));
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => service.SignUpAsync("ada@example.test", address: $"192.0.2.{i}")));

        Assert.All(replies, reply => Assert.Equal(201, reply.Status));
        await using var db = service.Service.Services.GetRequiredService<ServiceDbFactory>().Create();
        var account = Assert.Single(await db.Users.ToListAsync(Cancellation));
        Assert.Single(replies, reply => reply.Json.GetProperty("userId").GetGuid() == account.Id);
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_wrong_password_and_an_unknown_account_get_the_same_answer_after_the_same_work(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new AuthService(database);
        await service.SignUpAsync("ada@example.test");
        service.Hasher.TakeWork();

        var wrong = await service.LogInAsync("ada@example.test", "not her password", "192.0.2.7");
        var workOfWrong = service.Hasher.TakeWork();
        var unknown = await service.LogInAsync("bob@example.test", "not his password", "192.0.2.8");
        var workOfUnknown = service.Hasher.TakeWork();

        Assert.Equal(401, wrong.Status);
        Assert.Equal([Passwords.Iterations], workOfWrong);
        Assert.Equal(workOfWrong, workOfUnknown);
        Assert.Equal(
            """{"type":"about:blank","title":"Unauthorized","status":401,"detail":"The e-mail address or the password is """
                + """wrong.","message":"The e-mail address or the password is wrong."}""", wrong.Body);
        Assert.Equal(wrong.Body, unknown.Body);
        Assert.Equal(Comparable(wrong), Comparable(unknown));

        static IEnumerable<string> Comparable(Reply reply) =>
            reply.Headers.Where(header => header.Key != "Date").Select(header => $"{header.Key}: {header.Value}");
    }

    [Theory]
    [InlineData(null, "correct horse battery", "email is missing: it must be an e-mail address of at most 254 characters.")]
    [InlineData("ada", "correct horse battery", "email is not such an address: it must be an e-mail address of at most 254 characters.")]
    [InlineData("ada@", "correct horse battery", "email is not such an address: it must be an e-mail address of at most 254 characters.")]
    [InlineData("@b", "correct horse battery", "email is not such an address: it must be an e-mail address of at most 254 characters.")]
    [InlineData("a@b@c", "correct horse battery", "email is not such an address: it must be an e-mail address of at most 254 characters.")]
    [InlineData("a b@c", "correct horse battery", "email is not such an address: it must be an e-mail address of at most 254 characters.")]
    [InlineData("a\0@c", "correct horse battery", "email is not such an address: it must be an e-mail address of at most 254 characters.")]
    [InlineData("a@b", null, "password is missing: it must be 12 to 128 characters.")]
    [InlineData("a@b", "elevenchars", "password is 11 characters long: it must be 12 to 128 characters.")]
    public async Task What_is_wrong_with_a_sign_up_is_named_and_nothing_is_hashed(string? email, string? password, string message)
    {
        using var service = new AuthService();
        var reply = await service.PostAsync("/auth/signup", new { email, password });

        Assert.Equal((400, message), (reply.Status, reply.Json.GetProperty("message").GetString()));
        Assert.Empty(service.Hasher.TakeWork());
        Assert.Equal("\"signup-ip\";r=9;t=6", reply.Header("RateLimit"));
    }

    [Fact]
    public async Task Lengths_are_bounded()
    {
        using var service = new AuthService();
        Assert.Equal(201, (await service.SignUpAsync(
            $"{new string('a', 252)}@b", string.Concat(Enumerable.Repeat("passwords", 15))[..128])).Status);
        Assert.Equal(400, (await service.SignUpAsync($"{new string('a', 253)}@b")).Status);
        Assert.Equal(400, (await service.SignUpAsync("a@b", new string('p', 129))).Status);
        Assert.Equal(400, (await service.LogInAsync("a@b", new string('p', 129))).Status);
        Assert.Equal(400, (await service.PostAsync(
            "/auth/signup", new { email = "a@b", password = AuthService.Password, name = new string('n', 101) })).Status);
        Assert.Equal(201, (await service.PostAsync(
            "/auth/signup", new { email = "a@b", password = AuthService.Password, name = new string('n', 100) })).Status);
    }

    [Fact]
    public async Task A_hash_of_older_parameters_is_renewed_by_a_good_login()
    {
        using var database = TestDatabase.CreateSqlite();
        var older = new PasswordHasher<User>(Options.Create(new PasswordHasherOptions { IterationCount = 1_000 }));
        using var service = new TestService(database: database);
        await using var db = service.Services.GetRequiredService<ServiceDbFactory>().Create();
        db.Add(new User
        {
            Id = Guid.NewGuid(),
            Email = "ada@example.test",
            PasswordHash = older.HashPassword(new User(), AuthService.Password),
        });
        await db.SaveChangesAsync(Cancellation);

        using var client = service.Connect();
        using (var login = await client.PostAsync(
            "/auth/login", Json($$"""{"email":"ada@example.test","password":"{{AuthService.Password}}"}"""), Cancellation))
            Assert.Equal(200, (int)login.StatusCode);
        var newer = (await db.Users.SingleAsync(Cancellation)).PasswordHash;
        Assert.Equal(Passwords.Iterations,
            (int)System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(Convert.FromBase64String(newer).AsSpan(5)));

        // The real hasher, on what it stored.
        using var right = await client.PostAsync(
            "/auth/login", Json($$"""{"email":"ada@example.test","password":"{{AuthService.Password}}"}"""), Cancellation);
        using var wrong = await client.PostAsync(
            "/auth/login", Json("""{"email":"ada@example.test","password":"something else"}"""), Cancellation);
        Assert.Equal((200, 401), ((int)right.StatusCode, (int)wrong.StatusCode));

        static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");
    }

    [Fact]
    public async Task No_log_line_holds_an_address_a_password_or_a_token_whatever_the_levels()
    {
        using var database = TestDatabase.CreateSqlite();
        using var service = new TestService(
            database: database, settings: new Dictionary<string, string> { ["Logging:LogLevel:Default"] = "Trace" }, configure: services =>
            services.AddSingleton<IPasswordHasher<User>>(new WorkHasher()));
        using var client = service.Connect();
        const string Body = """{"email":"secret-ada@example.test","password":"secret password"}""";
        using (await client.PostAsync("/auth/signup", Json(Body), Cancellation))
        using (await client.PostAsync("/auth/signup", Json(Body), Cancellation))
        {
        }

        using var login = await client.PostAsync("/auth/login", Json(Body), Cancellation);
        using var answer = System.Text.Json.JsonDocument.Parse(await login.Content.ReadAsStringAsync(Cancellation));
        var refresh = answer.RootElement.GetProperty("refreshToken").GetString()!;
        var access = answer.RootElement.GetProperty("accessToken").GetString()!;
        using (await client.PostAsync("/auth/refresh-token", Json($$"""{"refreshToken":"{{refresh}}"}"""), Cancellation))
        {
        }

        client.DefaultRequestHeaders.Authorization = new("Bearer", access + "x");
        using (await client.PostAsync("/auth/logout", null, Cancellation))
        {
        }

        Assert.Contains(service.Log.Lines, line => line.StartsWith("Debug Microsoft.EntityFrameworkCore", StringComparison.Ordinal));
        foreach (var secret in (string[])["secret", refresh, access, access.Split('.')[2]])
            Assert.DoesNotContain(service.Log.Lines, line => line.Contains(secret, StringComparison.Ordinal));

        static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Development_makes_users_for_load_tests_and_an_operator_alone_may_ask(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new AuthService(database);
        Assert.Equal(401, (await service.PostAsync("/admin/dev/users", new { count = 3 })).Status);
        foreach (var count in (long[])[0, -1, 10_001])
            Assert.Equal(400, (await service.PostAsync(
                "/admin/dev/users", new { count }, header: ("X-Operator-Key", "dev-operator-key"))).Status);

        var made = await service.PostAsync("/admin/dev/users", new { count = 2_200 }, header: ("X-Operator-Key", "dev-operator-key"));
        Assert.Equal(201, made.Status);
        Assert.Equal([Passwords.Iterations], service.Hasher.TakeWork());
        var users = made.Json.GetProperty("users").EnumerateArray().ToList();
        Assert.Equal(2_200, users.Select(user => user.GetProperty("accessToken").GetString()).Distinct().Count());
        Assert.Equal(204, (await service.LogOutAsync(users[^1].GetProperty("accessToken").GetString())).Status);
        Assert.Equal(200, (await service.LogInAsync(
            users[7].GetProperty("email").GetString()!, made.Json.GetProperty("password").GetString()!)).Status);
    }

    [Fact]
    public async Task Production_has_no_routes_that_make_users_and_sales()
    {
        using var service = new TestService("Production", new Dictionary<string, string> { ["OPERATIONS_PORT"] = "127.0.0.1:0" });
        foreach (var port in (int[])[service.Port, service.OperationsPort])
        {
            using var client = new HttpClient
            {
                BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")),
            };
            foreach (var route in (string[])["/admin/dev/users", "/admin/dev/sales"])
            {
                using var response = await client.PostAsync(route, null, Cancellation);
                Assert.Equal(404, (int)response.StatusCode);
            }
        }
    }

    private sealed class Notes : IAccountNotifier
    {
        public List<string> Lines { get; } = [];

        public string Confirmation { get; private set; } = "";

        public ValueTask SignedUpAsync(Guid userId, string email, string confirmation, CancellationToken cancellationToken)
        {
            Lines.Add($"{userId} {email}");
            Confirmation = confirmation;
            return ValueTask.CompletedTask;
        }

        public ValueTask SignedUpAgainAsync(string email, CancellationToken cancellationToken)
        {
            Lines.Add($"again {email}");
            return ValueTask.CompletedTask;
        }
    }
}
