using Microsoft.Extensions.Options;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Algorithms;

namespace OrleansLimiter.Shop.Settings;

/// <summary>
/// The policies of the shop's routes, which exist in every environment. They count per address, account or user under the tenant
/// <c>~app</c>, so no tier scales them.
/// </summary>
internal sealed class ShopPolicies : IBuiltInPolicies
{
    /// <summary>The pair (account, address) of a login, which the <c>LOGIN_...</c> variables set.</summary>
    public const string LoginAccountIp = "login-account-ip";

    /// <summary>The account of a login.</summary>
    public const string LoginAccount = "login-account";

    /// <summary>First attempts of addresses at an account whose own limit is used up.</summary>
    public const string LoginAccountNew = "login-account-new";

    /// <summary>The address of a login.</summary>
    public const string LoginIp = "login-ip";

    /// <summary>The address of a sign-up.</summary>
    public const string SignupIp = "signup-ip";

    /// <summary>The address of whoever exchanges a refresh token.</summary>
    public const string RefreshIp = "refresh-ip";

    /// <summary>The address of whoever looks at sales.</summary>
    public const string BrowseIp = "browse-ip";

    /// <summary>The address of whoever looks at a draw.</summary>
    public const string DrawIp = "draw-ip";

    /// <summary>New places of one address in one sale's line.</summary>
    public const string JoinIp = "join-ip";

    public const string LogoutUser = "logout-user";

    /// <summary>Who joins a line, or asks how it stands.</summary>
    public const string QueueUser = "queue-user";

    /// <summary>Ticket purchases per user, which the <c>BUY_TICKER_...</c> variables set.</summary>
    public const string BuyTicket = "buy-ticket";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public void AddTo(LimiterOptions options)
    {
        options.Policies[LoginAccountIp] = Own(Algorithm.SlidingWindowCounter, 5, key: null);
        options.Policies[LoginAccount] = Own(Algorithm.SlidingWindowCounter, 20, key: null);
        options.Policies[LoginAccountNew] = Own(Algorithm.SlidingWindowCounter, 100, key: null);
        options.Policies[LoginIp] = Own(Algorithm.SlidingWindowCounter, 100, key: "ip");
        options.Policies[SignupIp] = Own(Algorithm.TokenBucket, 10, key: "ip");
        options.Policies[RefreshIp] = Own(Algorithm.TokenBucket, 30, key: "ip");
        options.Policies[LogoutUser] = Own(Algorithm.TokenBucket, 30, key: "user");
        options.Policies[BuyTicket] = Own(Algorithm.SlidingWindowLog, 5, key: "user");
        options.Policies[BrowseIp] = Own(Algorithm.TokenBucket, 300, key: "ip");
        options.Policies[DrawIp] = Own(Algorithm.TokenBucket, 30, key: "ip");
        options.Policies[QueueUser] = Own(Algorithm.TokenBucket, 60, key: "user", burst: 10);
    }

    /// <summary>
    /// New places of one address in one sale's line, which only the <c>JOIN_...</c> variables switch on: by default a household or an
    /// office is as welcome as anybody.
    /// </summary>
    public static PolicyOptions JoinPolicy
    {
        get
        {
            var policy = Own(Algorithm.SlidingWindowCounter, 1, key: null);
            policy.Window = TimeSpan.FromHours(1);
            return policy;
        }
    }

    private static PolicyOptions Own(Algorithm algorithm, long limit, string? key, long? burst = null) => new()
    {
        Algorithm = algorithm,
        Limit = limit,
        Window = Minute,
        Burst = burst,
        Key = key,
        Internal = true,
        ScaledByTier = false,
    };
}

/// <summary>Adds <see cref="ShopPolicies"/>.</summary>
internal static class ShopPoliciesExtensions
{
    /// <summary>Adds the policies and the environment variables that change them.</summary>
    public static IServiceCollection AddShopPolicies(this IServiceCollection services, IConfiguration configuration) => services
        .AddSingleton<IBuiltInPolicies, ShopPolicies>()
        .AddSingleton<IPostConfigureOptions<LimiterOptions>>(new LimitVariables(configuration));
}
