using System.Globalization;
using Microsoft.Extensions.Options;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Settings;

/// <summary>
/// The environment variables of limits. They win over sections of the same meaning, because whoever sets one on a host means that
/// host. One that is empty is not set, as compose files leave it.
/// </summary>
internal sealed class LimitVariables(IConfiguration configuration) : IPostConfigureOptions<LimiterOptions>
{
    private const string WindowSeconds = "RATE_LIMIT_WINDOW_SECONDS";
    private const string Join = "JOIN";
    private const string MaxRequests = "RATE_LIMIT_MAX_REQUESTS";

    private static readonly WholeNumberAttribute Seconds = new(1, 366L * 24 * 60 * 60, "seconds");
    private static readonly WholeNumberAttribute Requests = new(1, Bandwidth.MaxLimit, "requests");

    /// <summary>How many times the pair's limit an account and an address must have, so that they do not undercut it.</summary>
    private static readonly (string Policy, long Times)[] Raised = [(ShopPolicies.LoginAccount, 4), (ShopPolicies.LoginIp, 20)];

    /// <summary>What an office behind one address may have to raise, under names that any shell and host can export: no hyphens.</summary>
    private static readonly (string Policy, string Prefix)[] PerAddress =
        [(ShopPolicies.LoginIp, "LOGIN_IP"), (ShopPolicies.SignupIp, "SIGNUP"), (ShopPolicies.RefreshIp, "REFRESH"),
            (ShopPolicies.BrowseIp, "BROWSE"), (ShopPolicies.DrawIp, "DRAW")];

    public void PostConfigure(string? name, LimiterOptions options)
    {
        if (name != Options.DefaultName)
            return;
        var errors = options.Errors;
        Set(ShopPolicies.BuyTicket, ["BUY_TICKER", "BUY_TICKET"], configuration, options, errors);
        if (!string.IsNullOrWhiteSpace(configuration[$"{Join}_{MaxRequests}"]))
        {
            options.Policies.TryAdd(ShopPolicies.JoinIp, ShopPolicies.JoinPolicy);
            Set(ShopPolicies.JoinIp, [Join], configuration, options, errors);
        }

        foreach (var (policy, prefix) in PerAddress)
            Set(policy, [prefix], configuration, options, errors);
        if (!Set(ShopPolicies.LoginAccountIp, ["LOGIN"], configuration, options, errors))
            return;
        var pair = options.Policies[ShopPolicies.LoginAccountIp];
        foreach (var (raised, times) in Raised)
        {
            if (options.Policies.TryGetValue(raised, out var policy))
                Raise(policy, raised, times, pair, errors);
        }
    }

    private static bool Set(string name, string[] prefixes, IConfiguration configuration, LimiterOptions options, SettingErrors errors)
    {
        // Code may have taken a built-in policy away.
        if (!options.Policies.TryGetValue(name, out var policy))
            return false;
        var setting = $"{LimiterOptions.Section}:Policies:{name}";
        var seconds = Read(WindowSeconds, Seconds, prefixes, configuration, errors);
        var requests = Read(MaxRequests, Requests, prefixes, configuration, errors);
        if (seconds is { } window)
        {
            policy.Window = TimeSpan.FromSeconds(window.Value);
            errors.Originates($"{setting}:Window", window.Variable);
        }

        if (requests is { } limit)
        {
            policy.Limit = limit.Value;
            errors.Originates($"{setting}:Limit", limit.Variable);
        }

        return seconds is not null || requests is not null;
    }

    private static (long Value, string Variable)? Read(
        string suffix, WholeNumberAttribute rule, string[] prefixes, IConfiguration configuration, SettingErrors errors)
    {
        (long Value, string Variable)? found = null;
        foreach (var variable in prefixes.Select(prefix => $"{prefix}_{suffix}"))
        {
            if (rule.ReadVariable(configuration, variable, errors) is not { } value)
                continue;
            if (found is { } other && other.Value != value)
                errors.Add(variable, Text(value), $"must equal {other.Variable}, which is {Text(other.Value)}: both name one setting");
            else
                found ??= (value, variable);
        }

        return found;
    }

    /// <summary>
    /// Raises a limit, never lowers it, to so many times the pair's: in one window, and in rate where the windows differ.
    /// </summary>
    private static void Raise(PolicyOptions policy, string name, long times, PolicyOptions pair, SettingErrors errors)
    {
        if (policy.Limit is not { } limit || policy.Window is not { } window || pair.Limit is not { } pairLimit
            || pair.Window is not { } pairWindow)
            return;
        var byRate = ((Int128)pairLimit * times * window.Ticks + pairWindow.Ticks - 1) / pairWindow.Ticks;
        var needed = Int128.Max(limit, Int128.Max((Int128)pairLimit * times, byRate));
        if (needed > Bandwidth.MaxLimit)
        {
            errors.Add(
                "LOGIN_" + MaxRequests,
                Text(pairLimit),
                string.Create(CultureInfo.InvariantCulture,
                    $"must leave room for {name}, which allows at least {times} times as many: "
                    + $"that would be {needed}, above 1,000,000,000"));
            return;
        }

        policy.Limit = (long)needed;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
