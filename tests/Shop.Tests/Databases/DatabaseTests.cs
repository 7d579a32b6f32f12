using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Tests.Auth;
using OrleansLimiter.Shop.Tests.Tickets;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Databases;

/// <summary>The database as such: tables made at start, by one front end or by several together.</summary>
public sealed class DatabaseTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Front_ends_that_start_together_on_an_empty_database_all_start(string kind)
    {
        using var database = await TestDatabase.CreateEmptyAsync(kind);
        var services = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => new AuthService(database))));
        try
        {
            Assert.Equal(201, (await services[0].SignUpAsync("ada@example.test")).Status);
            Assert.Equal(200, (await services[1].LogInAsync("ada@example.test")).Status);
            Assert.Equal(200, (await services[2].LogInAsync("ada@example.test")).Status);
        }
        finally
        {
            foreach (var service in services)
                service.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task The_migrations_make_the_model_of_today(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new TestService(database: database);
        await using var db = service.Services.GetRequiredService<ServiceDbFactory>().Create();
        Assert.False(db.Database.HasPendingModelChanges(), "Run eng/migrate.sh with a name for the change.");
        Assert.Empty(await db.Database.GetPendingMigrationsAsync(Cancellation));
    }

    [Fact]
    public async Task A_start_that_was_killed_while_it_made_tables_does_not_hold_up_the_next()
    {
        using var database = TestDatabase.CreateSqlite();
        using (var first = new TestService(database: database))
        {
            await using var db = first.Services.GetRequiredService<ServiceDbFactory>().Create();
            await db.Database.ExecuteSqlAsync(
                $"""INSERT INTO "__EFMigrationsLock" ("Id", "Timestamp") VALUES (1, '2026-11-22 00:00:00+00:00')""", Cancellation);
        }

        using var second = new TestService(database: database);
        using var client = second.Connect();
        Assert.Contains("ready", await client.GetStringAsync("/health/ready", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SQLite_writes_ahead_and_a_file_in_a_new_folder_is_made()
    {
        var folder = Directory.CreateTempSubdirectory("orleanslimiter-");
        try
        {
            using var service = new TestService(settings: new Dictionary<string, string>
            {
                ["DATABASE_URL"] = $"sqlite:{folder.FullName}/new/folder/tickets.db",
            });
            await using var db = service.Services.GetRequiredService<ServiceDbFactory>().Create();
            var mode = await db.Database.SqlQuery<string>($"SELECT journal_mode AS \"Value\" FROM pragma_journal_mode")
                .SingleAsync(Cancellation);
            Assert.Equal("wal", mode);
            Assert.True(File.Exists($"{folder.FullName}/new/folder/tickets.db"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Work_that_says_so_is_rolled_back(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var service = new TestService(database: database);
        var transactions = service.Services.GetRequiredService<Transactions>();
        var user = new User { Id = Guid.NewGuid(), Email = "a@b" };
        Assert.Equal(1, await transactions.RunAsync<int>(async db =>
        {
            db.Add(user);
            return WriteResult<int>.Undone(await db.SaveChangesAsync(Cancellation));
        }));

        await using var after = service.Services.GetRequiredService<ServiceDbFactory>().Create();
        Assert.False(await after.Users.AnyAsync(Cancellation));
    }

    [Fact]
    public async Task A_database_that_has_gone_is_503_with_Retry_After_and_one_that_came_back_serves_again()
    {
        using var database = await TestDatabase.CreateAsync(TestDatabase.Postgres);
        using var relay = new Relay(new Uri(database.Url).Port);
        using var service = new AuthService(database.Behind(relay.Port));
        await service.SignUpAsync("ada@example.test");
        relay.Cut();

        var reply = await service.LogInAsync("ada@example.test");
        Assert.Equal((503, "1"), (reply.Status, reply.Header("Retry-After")));
        Assert.Equal("application/problem+json", reply.Header("Content-Type"));
        Assert.Equal("memory", reply.Json.GetProperty("source").GetString());

        relay.Mend();
        Assert.Equal(200, (await service.LogInAsync("ada@example.test")).Status);
    }

    [Fact]
    public async Task A_database_that_answers_others_is_not_away_though_one_waits_too_long_for_what_another_has_locked()
    {
        using var database = await TestDatabase.CreateAsync(TestDatabase.Postgres);
        using var other = new TicketShop(database);
        using var shop = new TicketShop(database.Hasty(), other.Clock);
        var user = (await other.AddUsersAsync(1))[0];
        var tickets = await other.AddSaleAsync(1);
        await using var db = other.Get<ServiceDbFactory>().Create();
        await using var locking = await db.Database.BeginTransactionAsync(Cancellation);
        await db.Sales.ExecuteUpdateAsync(set => set.SetProperty(sale => sale.Held, sale => sale.Held), Cancellation);

        var paying = shop.PayAsync(user, tickets);
        await Eventually.TrueAsync("it waits for the lock", IsSomebodyLockedOutAsync, Cancellation);
        Assert.Equal(503, (await paying).Status);
        Assert.Equal("ready", (await shop.GetAsync("/health/ready")).Json.GetProperty("status").GetString());

        await locking.RollbackAsync(Cancellation);
        Assert.Equal(200, (await shop.PayAsync(user, tickets)).Status);

        async Task<bool> IsSomebodyLockedOutAsync()
        {
            await using var look = shop.Get<ServiceDbFactory>().Create();
            return await look.Database.SqlQuery<long>(
                $"""
                SELECT COUNT(*) AS "Value" FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                """).SingleAsync(Cancellation) > 0;
        }
    }
}
