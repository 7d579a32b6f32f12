using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.ServiceKit;

/// <summary>The service as it is, on its real server and free ports, with a real database and a clock that stands still.</summary>
internal sealed class TestService : WebApplicationFactory<Program>
{
    private readonly string _environment;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly Action<IServiceCollection>? _configure;
    private readonly TestDatabase _database;
    private readonly bool _ownsDatabase;
    private readonly DatabaseEnd _databaseEnd = new();

    /// <summary>Starts it.</summary>
    /// <param name="environment">Default: Development.</param>
    /// <param name="settings">Beside those that every service of the tests has.</param>
    /// <param name="configure">Services to put in place of the real ones.</param>
    /// <param name="database">Default: a SQLite file of its own.</param>
    /// <param name="clock">Default: one of its own.</param>
    public TestService(
        string? environment = null,
        IReadOnlyDictionary<string, string>? settings = null,
        Action<IServiceCollection>? configure = null,
        TestDatabase? database = null,
        FakeTimeProvider? clock = null)
    {
        _ownsDatabase = database is null;
        _database = database ?? TestDatabase.CreateSqlite();
        Clock = clock ?? new FakeTimeProvider();
        _environment = environment ?? Environments.Development;
        _settings = settings ?? new Dictionary<string, string>();
        _configure = configure;
        UseKestrel();
        StartServer();
    }

    /// <summary>The clock.</summary>
    public FakeTimeProvider Clock { get; }

    /// <summary>What was logged.</summary>
    public LogLines Log { get; } = new();

    /// <summary>The port of the service.</summary>
    public int Port => Ports[0];

    /// <summary>The port of the operators' routes.</summary>
    public int OperationsPort => Ports[^1];

    /// <summary>A client of the service's port.</summary>
    public HttpClient Connect() => new() { BaseAddress = new Uri($"http://127.0.0.1:{Port}") };

    private int[] Ports =>
        [.. Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(
            address => new Uri(address.Replace("[::]", "localhost", StringComparison.Ordinal)).Port)];

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing)
            return;

        // The program's own thread ends the host too, and whichever of both comes second does not wait for the other.
        _databaseEnd.Wait();
        if (_ownsDatabase)
            _database.Dispose();
    }

    /// <inheritdoc />
    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment(_environment);
        builder.UseSetting("PORT", "0");
        builder.UseSetting("DRAIN_SECONDS", "0"); // the clock stands still
        builder.UseSetting("DATABASE_URL", _database.Url);
        builder.UseSetting("JWT_SECRET", Configured.Secret);
        builder.UseSetting("AllowedHosts", "*"); // tests that write their requests byte by byte name any host
        foreach (var (name, value) in _settings)
            builder.UseSetting(name, value);
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(Log));
        builder.ConfigureTestServices(services =>
        {
            services.AddSingleton<TimeProvider>(Clock);
            services.AddSingleton<IInterceptor>(_ => _databaseEnd); // made by the host, and so disposed of by it

            // The host's thread writes these lines after the start, beside a test that has begun.
            services.Configure<ConsoleLifetimeOptions>(options => options.SuppressStatusMessages = true);
            services.RemoveAll<DevelopmentSales>(); // a test makes the sales that it sells
            _configure?.Invoke(services);
        });
    }
}
