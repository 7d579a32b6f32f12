using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Settings;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Settings;

/// <summary>The shop's own variables, as the service reads them.</summary>
public sealed class ShopSettingsTests
{
    [Theory]
    [InlineData("DATABASE_URL", "postgres://me:secret@db:x/tickets",
        "DATABASE_URL is no such URL (hidden, it may hold a password): it must be postgres://user:password@host:port/database or "
        + "sqlite:path/to/file.")]
    [InlineData("DATABASE_URL", "postgres://me:secret@db/tickets?colour=blue",
        "DATABASE_URL is a URL whose parameter 'colour' Npgsql does not take: it must be postgres://user:password@host:port/database or "
        + "sqlite:path/to/file.")]
    [InlineData("DATABASE_URL", "mysql://me:secret@db/tickets",
        "DATABASE_URL is no such URL (hidden, it may hold a password): it must be postgres://user:password@host:port/database or "
        + "sqlite:path/to/file.")]
    [InlineData("DATABASE_URL", "sqlite:",
        "DATABASE_URL is 'sqlite:': it must be postgres://user:password@host:port/database or sqlite:path/to/file.")]
    [InlineData("QUEUE_TOKEN_KEYS", "new:c2VjcmV0", "QUEUE_TOKEN_KEYS is new:***: it must have at least 32 bytes as base64 in each key.")]
    [InlineData("QUEUE_TOKEN_KEYS", "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "QUEUE_TOKEN_KEYS is a:*** (easily guessed): it must have random bytes in each key; openssl rand -base64 32 makes good ones.")]
    [InlineData("Valve:Admissions", "0", "Valve:Admissions is '0': it must be a whole number from 1 to 1,000,000 people.")]
    [InlineData("Valve:AcceptSeconds", "9", "Valve:AcceptSeconds is '9': it must be a whole number from 10 to 3,600 seconds.")]
    public void A_bad_value_stops_the_start_with_variable_value_and_rule(string variable, string value, string message)
    {
        var wrong = Assert.Throws<LimiterConfigurationException>(() => Load(false, (variable, value)));
        Assert.Equal(message, wrong.Failures.First());
    }

    [Fact]
    public void Accounts_and_tickets_are_in_a_file_unless_DATABASE_URL_says_otherwise()
    {
        Assert.Equal(".data/orleanslimiter.db", Load(false).Database.File);
        // whose users and sales are none of production's
        Assert.Equal(".data/orleanslimiter.development.db", Load(true).Database.File);
        Assert.Equal("tickets.db", Load(false, ("DATABASE_URL", "sqlite:tickets.db")).Database.File);
        Assert.Equal("/var/lib/tickets.db", Load(false, ("DATABASE_URL", "sqlite:///var/lib/tickets.db")).Database.File);
    }

    [Fact]
    public void A_database_URL_is_taken_apart_and_shown_without_its_password()
    {
        var settings = Load(false, ("DATABASE_URL", "postgres://me:p%40ss@db.example:6432/tickets?sslmode=require")).Database;
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(settings.ConnectionString);

        Assert.Equal(("db.example", 6432, "me", "p@ss", "tickets"),
            (connection.Host, connection.Port, connection.Username, connection.Password, connection.Database));
        Assert.Equal(Npgsql.SslMode.Require, connection.SslMode);
        Assert.Equal("postgres://me:***@db.example:6432/tickets", settings.Shown);
    }

    [Theory]
    [InlineData("0123456789abcdef0123456789abcde", "JWT_SECRET is 31 bytes long (hidden): it must be at least 32 bytes.")]
    [InlineData("", "JWT_SECRET is missing: it must be at least 32 bytes, the same on every front end.")]
    public void A_secret_that_is_short_or_missing_stops_production(string secret, string message) =>
        Assert.Equal(message, Assert.Throws<LimiterConfigurationException>(() => Load(false, ("JWT_SECRET", secret))).Message);

    [Theory]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("changemechangemechangemechangeme")]
    [InlineData("a long secret 16a long secret 16")]
    [InlineData("abababababababababababababababababab")]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdef")]
    [InlineData("012345678901234567890123456789012")]
    [InlineData("zyxwvutsrqponmlkjihgfedcba987654321")]
    [InlineData("aaaaaaaabbbbbbbbccccccccddddddddeeee")]
    public void A_secret_that_is_easily_guessed_stops_production_and_not_development(string secret)
    {
        var wrong = Assert.Throws<LimiterConfigurationException>(() => Load(false, ("JWT_SECRET", secret)));
        Assert.Equal(
            "JWT_SECRET is easily guessed (hidden): it must be at least 32 bytes, and not one character or a short text again and again, "
                + "nor a run of characters; openssl rand -base64 48 makes a good one.",
            wrong.Message);
        Assert.False(Load(true, ("JWT_SECRET", secret)).Tokens.IsRandom);
    }

    [Fact]
    public void No_random_secret_is_taken_for_one_that_is_easily_guessed()
    {
        var random = new Random(12);
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = new byte[32];
            random.NextBytes(bytes);
            Assert.False(WeakSecrets.Contains(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes.AsSpan(16)))));
            Assert.False(WeakSecrets.Contains(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes))));
        }
    }

    [Fact]
    public void Development_makes_a_secret_of_its_own_unless_front_ends_share_the_engine()
    {
        Assert.True(Load(true, ("JWT_SECRET", "")).Tokens.IsRandom);
        Assert.False(Load(true).Tokens.IsRandom);
        Assert.NotEqual(Load(true, ("JWT_SECRET", "")).Tokens.Secret, Load(true, ("JWT_SECRET", "")).Tokens.Secret);
        var shared = Assert.Throws<LimiterConfigurationException>(() => Load(true, ("JWT_SECRET", ""), ("LIMITER_ENGINE", "redis")));
        Assert.Contains(shared.Failures, failure => failure.StartsWith("JWT_SECRET ", StringComparison.Ordinal));
    }

    [Fact]
    public void Keys_for_different_uses_differ_and_are_not_the_secret()
    {
        var tokens = Load(false).Tokens;
        Assert.Equal(tokens.DeriveKey("one"), Load(false).Tokens.DeriveKey("one"));
        Assert.NotEqual(tokens.DeriveKey("one"), tokens.DeriveKey("two"));
    }

    private static ShopSettings Load(bool isDevelopment, params (string Name, string Value)[] variables) =>
        Configured.Shop(isDevelopment, [("JWT_SECRET", Configured.Secret), .. variables]);
}
