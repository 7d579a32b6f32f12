using OrleansLimiter.AspNetCore;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>The routes of accounts.</summary>
internal static partial class AuthEndpoints
{
    /// <summary>Finds out who calls, and turns away from routes that need a caller whoever is none. Behind <c>UseProblems</c>, which writes the answer's body.</summary>
    public static void UseAccounts(this WebApplication app)
    {
        if (app.Services.GetRequiredService<TokenSettings>().IsRandom)
            LogRandomSecret(app.Logger);
        app.UseAuthentication();
        app.UseAuthorization();
    }

    /// <summary>Maps the routes.</summary>
    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.ServiceProvider.GetRequiredService<SessionCalls>();
        var auth = routes.MapGroup("/auth");
        auth.MapPost("/signup", routes.ServiceProvider.GetRequiredService<SignupCall>().SignUpAsync).RequireLimit(SignupCall.Limit);
        auth.MapPost("/confirm", routes.ServiceProvider.GetRequiredService<ConfirmCall>().ConfirmAsync).RequireLimit(SignupCall.Limit);
        auth.MapPost("/login", routes.ServiceProvider.GetRequiredService<LoginCall>().LoginAsync);
        auth.MapPost("/refresh-token", sessions.RefreshAsync).RequireLimit(SessionCalls.RefreshLimit);
        auth.MapPost("/logout", sessions.LogOutAsync).RequireAuthorization().RequireLimit(SessionCalls.LogoutLimit);
    }

    /// <summary>Maps the routes that make users and sales for demonstrations, in Development alone.</summary>
    public static IEndpointConventionBuilder MapDevelopment(this WebApplication app)
    {
        var admin = app.MapGroup("/admin/dev").WithMetadata(new OperatorKey.Required());
        if (app.Environment.IsDevelopment())
        {
            admin.MapPost("/users", app.Services.GetRequiredService<DevUsersCall>().MakeAsync);
            admin.MapPost("/sales", app.Services.GetRequiredService<DevSalesCall>().MakeAsync);
        }

        return admin;
    }

    [LoggerMessage(EventId = 1, EventName = "RandomSecret", Level = LogLevel.Warning, Message = "JWT_SECRET is not set: access tokens are signed with a secret made at this start, and end with it.")]
    private static partial void LogRandomSecret(ILogger logger);
}
