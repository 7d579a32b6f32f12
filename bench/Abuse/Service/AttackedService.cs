using System.Globalization;
using System.Net;
using OrleansLimiter.TestKit.Processes;

namespace OrleansLimiter.AbuseBench.Service;

/// <summary>
/// The service as it is built, in processes of its own on free ports of loopback: front ends, and Redis and a silo where the engine needs
/// them. Development's keys are known. Its files are in a folder below <c>artifacts/abuse</c>.
/// </summary>
internal sealed class AttackedService : IAsyncDisposable
{
    /// <summary>The API key of the tenant <c>dev-free</c>.</summary>
    public const string ApiKey = "dev-free-key";

    /// <summary>The operator's key.</summary>
    public const string OperatorKey = "dev-operator-key";

    /// <summary>The secret that access tokens are signed with.</summary>
    public const string JwtSecret = "the secret of attacked services, on loopback only";

    private readonly string _engine;
    private readonly AttackOptions _options;
    private readonly ServiceSetup _setup;
    private readonly string _folder;
    private readonly List<Child> _children = [];
    private readonly List<FrontEnd> _frontEnds = [];
    private readonly Dictionary<string, string> _shared;

    /// <summary>Starts nothing yet.</summary>
    public AttackedService(string engine, AttackOptions options, ServiceSetup setup)
    {
        (_engine, _options, _setup) = (engine, options, setup);
        _folder = Directory.CreateDirectory(Path.Combine(Programs.Root, "artifacts", "abuse", Guid.NewGuid().ToString("N")[..8])).FullName;
        _shared = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["DOTNET_EnableDiagnostics"] = "0",
            ["JWT_SECRET"] = JwtSecret,
            ["LIMITER_ENGINE"] = engine,
            ["DATABASE_URL"] = options.Database ?? $"sqlite:{_folder}/attacked.db",
            ["Limiter__FrontEnds"] = setup.FrontEnds.ToString(CultureInfo.InvariantCulture),
            ["CLUSTER_ID"] = "abuse",
        };
    }

    /// <summary>The front ends.</summary>
    public IReadOnlyList<FrontEnd> FrontEnds => _frontEnds;

    /// <summary>The first front end.</summary>
    public FrontEnd FrontEnd => _frontEnds[0];

    /// <summary>Where the first front end serves everybody.</summary>
    public Uri Url => FrontEnd.Url;

    /// <summary>Starts everything and waits until it is ready.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        if (_engine != "memory")
            StartRedis();
        if (_engine == "orleans")
            await StartSiloAsync(cancellation);
        for (var i = 0; i < _setup.FrontEnds; i++)
            await StartFrontEndAsync(i, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var child in Enumerable.Reverse(_children))
            await child.DisposeAsync();
    }

    private void StartRedis()
    {
        var port = Text(Ports.Next());
        var redis = Programs.Redis ?? throw new UsageException($"The engine {_engine} needs redis-server.");
        Start("redis", [redis, "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"], []);
        _shared["REDIS_URL"] = $"redis://127.0.0.1:{port}/0";
    }

    private Task StartSiloAsync(CancellationToken cancellation)
    {
        var operations = Ports.Next();
        var variables = new Dictionary<string, string>
        {
            ["SILO_PORT"] = Text(Ports.Next()),
            ["GATEWAY_PORT"] = Text(Ports.Next()),
            ["OPERATIONS_PORT"] = Text(operations),
            ["ADVERTISED_ADDRESS"] = "127.0.0.1",
            ["ASPNETCORE_CONTENTROOT"] = _folder,
        };
        foreach (var (setting, value) in _setup.Settings.Where(pair => pair.Key.StartsWith("Cluster__", StringComparison.Ordinal)))
            variables[setting] = value;
        Start("silo", ["dotnet", Built("Silo")], variables);
        return AnswersAsync(At(operations), "/health/ready", "\"ready\"", cancellation);
    }

    private async Task StartFrontEndAsync(int number, CancellationToken cancellation)
    {
        var (port, operations) = (Ports.Next(), Ports.Next());
        string[] program = ["dotnet", Built("Api")];
        if (_setup.Descriptors is { } descriptors)
            program = ["sh", "-c", $"ulimit -n {Text(descriptors)} && exec \"$@\"", "sh", .. program];
        var name = $"api{number + 1}";
        var variables = new Dictionary<string, string>
        {
            ["PORT"] = Text(port),
            ["OPERATIONS_PORT"] = Text(operations),
            ["ASPNETCORE_CONTENTROOT"] = _folder,
        };
        foreach (var (setting, value) in _setup.Settings)
            variables[setting] = value;
        var process = Start(name, program, variables);
        _frontEnds.Add(new FrontEnd(process, At(port), At(operations), Path.Combine(_folder, name + ".log")));
        var source = _engine == "orleans" ? "cluster" : _engine;
        await AnswersAsync(At(operations), "/health/ready", $"\"engine\":\"{source}\"", cancellation);
    }

    private Child Start(string name, string[] command, Dictionary<string, string> variables)
    {
        foreach (var (setting, value) in _shared)
            variables.TryAdd(setting, value);
        var child = Child.Start(Path.Combine(_folder, name + ".log"), command, variables);
        _children.Add(child);
        return child;
    }

    private string Built(string program)
    {
        var own = program == "Api" ? Programs.Api : Programs.Silo;
        return Path.Combine(_options.Root, Path.GetRelativePath(Programs.Root, own));
    }

    private Task AnswersAsync(Uri where, string path, string what, CancellationToken cancellation)
    {
        return Eventually.TrueAsync($"{where} ready (logs in {_folder})", AsksAsync, cancellation);

        async Task<bool> AsksAsync()
        {
            if (_children.FirstOrDefault(child => child.HasExited) is not null)
                throw new UsageException($"A program did not start; its log is in {_folder}.");
            using var caller = new Http.Caller(where);
            var answer = await caller.GetAsync(path, cancellation);
            return answer.Status == (int)HttpStatusCode.OK && answer.Body.Contains(what, StringComparison.Ordinal);
        }
    }

    private static Uri At(int port) => new($"http://127.0.0.1:{Text(port)}");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
