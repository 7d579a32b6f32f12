using System.Globalization;
using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Report;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>
/// Who shares a service with an attacker of keys: people who browse, sign up and log in, each from an address of their own, and a tenant
/// with new keys.
/// </summary>
internal sealed class Neighbours : IDisposable
{
    /// <summary>Settings under which an attack may choose the addresses that it comes from.</summary>
    public static readonly IReadOnlyDictionary<string, string> Settings = new Dictionary<string, string>
    {
        ["Limiter__TrustedProxies__0"] = "127.0.0.1",
    };

    private const string Password = "correct horse battery staple";
    private static readonly string Account = $"ada-{Guid.NewGuid():N}@example.test";

    private readonly Caller _caller;

    private Neighbours(Uri service) => _caller = new Caller(service);

    /// <summary>One of them signs up before the attack.</summary>
    public static async Task<Neighbours> MeetAsync(AttackedService service, CancellationToken cancellation)
    {
        var neighbours = new Neighbours(service.Url);
        var signedUp = await neighbours._caller.PostAsync(
            "/auth/signup", new { email = Account, password = Password }, cancellation, From(0));
        return signedUp.Status == 201 ? neighbours : throw new UsageException($"Nobody can sign up before the attack: {signedUp.Status}.");
    }

    /// <summary>An address to come from.</summary>
    /// <param name="number">Which, 0 to 65,535.</param>
    /// <param name="network">The first two numbers.</param>
    public static (string Name, string Value) From(int number, string network = "198.18") =>
        ("X-Forwarded-For", string.Create(CultureInfo.InvariantCulture, $"{network}.{number >> 8 & 255}.{number & 255}"));

    /// <summary>Lives as usual for a time, and tells what came of it: nobody must be told 503, whoever attacks.</summary>
    /// <param name="run">Where it is told.</param>
    /// <param name="duration">How long.</param>
    /// <param name="hasTenant">Whether the other tenant is among them.</param>
    /// <param name="cancellation">Ends it early.</param>
    public async Task LiveAsync(AttackRun run, TimeSpan duration, bool hasTenant, CancellationToken cancellation)
    {
        var browsing = SteadyLoad.RunAsync(10, duration, i => _caller.GetAsync("/sales", cancellation, From(1_000 + i)), cancellation);
        var signingUp = SteadyLoad.RunAsync(
            1, duration, i =>
            _caller.PostAsync("/auth/signup", new { email = $"new-{Guid.NewGuid():N}@example.test", password = Password }, cancellation,
            From(10_000 + i)), cancellation);
        var loggingIn = SteadyLoad.RunAsync(
            1, duration, i =>
            _caller.PostAsync("/auth/login", new { email = Account, password = Password }, cancellation, From(20_000 + i)), cancellation);
        var counting = hasTenant
            ? SteadyLoad.RunAsync(10, duration, i =>
                _caller.PostAsync("/limit/incr", new { key = $"neighbour-{i}" }, cancellation, ("X-Api-Key", "dev-pro-key")), cancellation)
            : null;
        Must(run, "browsing", await browsing, 200);
        Must(run, "sign-ups", await signingUp, 201);
        Must(run, "logins", await loggingIn, 200);
        if (counting is not null)
            Must(run, "another tenant's new keys", await counting, 200);
    }

    /// <inheritdoc />
    public void Dispose() => _caller.Dispose();

    private static void Must(AttackRun run, string what, Outcomes outcomes, int status) =>
        run.Findings.Check(outcomes.Of(status) == outcomes.Count, what, outcomes.Statuses(),
            string.Create(CultureInfo.InvariantCulture, $"{status} alone"));
}
