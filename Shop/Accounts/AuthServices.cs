using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>Accounts as a part of the service.</summary>
internal static class AuthServices
{
    /// <summary>Adds accounts, and authentication by their access tokens.</summary>
    public static IServiceCollection AddAccounts(this IServiceCollection services, ShopSettings settings)
    {
        services.TryAddSingleton(settings.Tokens);
        services.TryAddSingleton(settings.Accounts);
        services.TryAddSingleton<AccessTokens>();
        services.TryAddSingleton(settings.Hashing);
        services.TryAddSingleton<HashingQueue>();
        services.Configure<PasswordHasherOptions>(options => options.IterationCount = Passwords.Iterations);
        services.TryAddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
        services.TryAddSingleton<Passwords>();
        services.TryAddSingleton<Sessions>();
        services.TryAddSingleton<IAccountNotifier, SilentNotifier>();
        services.TryAddSingleton<LoginLimits>();
        services.TryAddSingleton<LoginCall>();
        services.TryAddSingleton<Signups>();
        services.TryAddSingleton<SignupCall>();
        services.TryAddSingleton<ConfirmCall>();
        services.TryAddSingleton<SessionCalls>();
        services.TryAddSingleton<DevUsersCall>();
        services.TryAddSingleton<KnownUsers>();
        services.TryAddSingleton<TokenRefusals>();
        services.TryAddSingleton<TokenChecks>();

        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        RemoveKeyRing(services);
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<AccessTokens, TokenChecks>((options, tokens, checks) =>
        {
            options.MapInboundClaims = false;
            options.IncludeErrorDetails = false;
            options.TokenValidationParameters = tokens.Validation;
            options.Events = checks.Events();
        });
        services.AddAuthorization();
        return services;
    }

    /// <summary>
    /// Authentication brings the framework's data protection, which writes keys into the home folder at each first start. Cookies would
    /// need them; nothing here does.
    /// </summary>
    private static void RemoveKeyRing(IServiceCollection services)
    {
        var start = services.FirstOrDefault(
            service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Name == "DataProtectionHostedService");
        if (start is not null)
            services.Remove(start);
    }
}
