using OrleansLimiter.Configuration;
using OrleansLimiter.Tenants;

namespace OrleansLimiter;

/// <summary>
/// What the limiter is told: section <c>Limiter</c>, and the root sections <c>Tenants</c> and <c>Operators</c>. Filled from
/// what the program brings along, then from configuration, then by code, and validated as a whole at the start: all that is wrong is told
/// in one <see cref="LimiterConfigurationException"/>.
/// </summary>
public sealed class LimiterOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Limiter";

    /// <summary>The most keys that a setting may name.</summary>
    internal const long MostKeys = 100_000_000;

    private readonly HashSet<string> _added = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How many front ends share the limits, 1 (default) to 10,000.</summary>
    [WholeNumber(1, 10_000)]
    public int FrontEnds { get; set; } = 1;

    /// <summary>
    /// The most keys of all callers' tenants that one process holds, 1 to 100,000,000. Default 1,000,000. These three are numbers of plain
    /// keys, of 112 bytes each: one with request ids, a log, leases, several bandwidths or a subject of more than 24 bytes counts for as
    /// many as it takes the bytes of.
    /// </summary>
    [WholeNumber(1, MostKeys, "keys")]
    public long MaxKeys { get; set; } = 1_000_000;

    /// <summary>
    /// The most keys that one tenant may hold, 1 to <see cref="MaxKeys"/>. Default (null): a quarter of <see cref="MaxKeys"/>, at
    /// least 1; or all of it where at most one tenant can call.
    /// </summary>
    [WholeNumber(1, MostKeys, "keys")]
    public long? MaxKeysPerTenant { get; set; }

    /// <summary>
    /// The most keys of the service's own limits (the tenant <c>~app</c>: endpoints that require a limit), beside <see cref="MaxKeys"/>: no
    /// caller can use them up. 1 to 100,000,000. Half of it is reserved in equal parts for the policies that endpoints may require, the
    /// other half is for any of them. Default (null): half of <see cref="MaxKeys"/>, at least 1,000; or as many as <see cref="MaxKeys"/>
    /// where no tenant can call.
    /// </summary>
    [WholeNumber(1, MostKeys, "keys")]
    public long? MaxOwnKeys { get; set; }

    /// <summary>How long a call to a remote engine may take. 10 ms to 10 s, default 150 ms. Not used by the memory engine.</summary>
    [Duration(10, 10_000)]
    public TimeSpan Deadline { get; set; } = TimeSpan.FromMilliseconds(150);

    /// <summary>
    /// The most calls to a remote engine at once, 1 to 1,000,000; default 4,096. A call given up at its deadline counts until it ends; each
    /// item of a batch counts. Beyond it a request is not sent. Not used by the memory engine.
    /// </summary>
    [WholeNumber(1, 1_000_000, "calls")]
    public int MaxInFlight { get; set; } = 4_096;

    /// <summary>
    /// The most charges a second for what was decided locally, sent when a remote engine answers again. 1 to 100,000, default 1,000.
    /// </summary>
    [WholeNumber(1, 100_000, "charges")]
    public int ChargesPerSecond { get; set; } = 1_000;

    /// <summary>When calls to a remote engine stop for a while (<c>Limiter:Breaker</c>).</summary>
    public BreakerOptions Breaker { get; } = new();

    /// <summary>
    /// What the names of the app's keys begin with in an engine that several apps may share: at most 64 letters, digits, '.', '_', '-',
    /// '~' or '%', or empty for none. Default (null): with Redis the host's application name, with the cluster none.
    /// </summary>
    [MayBeEmpty]
    public string? Application { get; set; }

    /// <summary>Who calls without an API key (<c>Limiter:PublicTenant</c>).</summary>
    public PublicTenantOptions PublicTenant { get; } = new();

    /// <summary>
    /// The tiers by name (<c>Limiter:Tiers:NAME</c>); upper case does not matter. Built in: <c>free</c> (1, fixed) and <c>pro</c> (2).
    /// </summary>
    public IDictionary<string, TierOptions> Tiers { get; } = new Dictionary<string, TierOptions>(StringComparer.OrdinalIgnoreCase)
    {
        [Tenant.FreeTier] = new() { Multiplier = 1 },
        ["pro"] = new() { Multiplier = 2 },
    };

    /// <summary>
    /// The policies by name (<c>Limiter:Policies:NAME</c>). Names are 1 to 64 characters of a-z, 0-9 and -; upper case does not matter
    /// and becomes lower case. A name that is built in changes that policy: only the settings given, unless
    /// <see cref="PolicyOptions.Algorithm"/> is among them: then the built-in limits and windows are dropped too.
    /// </summary>
    public IDictionary<string, PolicyOptions> Policies { get; } = new Dictionary<string, PolicyOptions>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The tenants that have API keys (root section <c>Tenants</c>: a list, or entries under the tenants' names). A tenant may stand there
    /// several times, once for each of its keys.
    /// </summary>
    [AtRoot]
    public IList<TenantOptions> Tenants { get; } = [];

    /// <summary>
    /// The operators (root section <c>Operators</c>, likewise). An operator may stand there several times, once for each key.
    /// </summary>
    [AtRoot]
    public IList<OperatorOptions> Operators { get; } = [];

    /// <summary>
    /// The proxies that are believed when they say whom they ask for: addresses (<c>10.0.0.7</c>) and networks (<c>10.0.0.0/24</c>,
    /// <c>fd00::/8</c>). Default: none. Of use where HTTP is served.
    /// </summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>
    /// The one header in which they are believed: <c>X-Forwarded-For</c>, <c>Forwarded</c> or <c>X-Real-IP</c>. Default (null): the first
    /// of these three that a request has. Name it where your proxies write another than the first: they let the others through as clients
    /// sent them. While it is not named, the first request whose headers name different clients is warned of.
    /// </summary>
    public string? ForwardedHeader { get; set; }

    /// <summary>
    /// Whether responses also carry <c>X-RateLimit-Limit</c>, <c>X-RateLimit-Remaining</c> and <c>X-RateLimit-Reset</c> (seconds until
    /// whole, up) for clients that know no other. Default: false.
    /// </summary>
    public bool LegacyHeaders { get; set; }

    /// <summary>What could not be read, and what code said in two ways: told with all else that is wrong.</summary>
    internal SettingErrors Errors { get; } = [];

    /// <summary>
    /// Sets a policy by code, in the place of one of that name that configuration has. As everything that code changes it is validated
    /// with the rest at the start; so is that no two names are added that differ in upper case alone.
    /// </summary>
    /// <param name="name">The policy's name, as in <see cref="Policies"/>.</param>
    /// <param name="configure">Says how it counts.</param>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <exception cref="InvalidOperationException">What <paramref name="configure"/> says contradicts itself.</exception>
    public LimiterOptions AddPolicy(string name, Action<LimitPolicyBuilder> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        if (!_added.Add(name) && _added.TryGetValue(name, out var other) && other != name)
        {
            Errors.Add(
                $"{Section}:Policies:{name}", $"set beside '{other}'", "must be set once: upper case does not matter in a policy's name");
        }

        var builder = new LimitPolicyBuilder(name);
        configure(builder);
        Policies[name] = builder.Build();
        return this;
    }
}
