using OrleansLimiter.AspNetCore;
using OrleansLimiter.Hosting.Http;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Accounts;

internal static partial class AuthEndpoints
{
    private const string Tag = "accounts";

    /// <summary>
    /// Finds out who calls, and turns away from routes that need a caller whoever is none. Behind <c>UseProblems</c>, which writes the
    /// answer's body.
    /// </summary>
    public static void UseAccounts(this WebApplication app)
    {
        if (app.Services.GetRequiredService<TokenSettings>().IsRandom)
            LogRandomSecret(app.Logger);
        app.UseAuthentication();
        app.UseAuthorization();
    }

    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.ServiceProvider.GetRequiredService<SessionCalls>();
        var auth = routes.MapGroup("/auth").WithTags(Tag);
        auth.MapPost("/signup", routes.ServiceProvider.GetRequiredService<SignupCall>().SignUpAsync).RequireLimit(SignupCall.Limit)
            .Describe("Makes an account. An address that is taken is answered as a new one.")
            .AcceptsJson<SignUpBody>().ProducesJson<SignedUp>(201);
        auth.MapPost("/confirm", routes.ServiceProvider.GetRequiredService<ConfirmCall>().ConfirmAsync).RequireLimit(SignupCall.Limit)
            .Describe("Confirms an address, where a notifier sends what that takes. Before, nobody logs in.")
            .AcceptsJson<ConfirmationBody>().ProducesNothing(204).ProducesProblems(401);
        auth.MapPost("/login", routes.ServiceProvider.GetRequiredService<LoginCall>().LoginAsync)
            .Describe("Opens a session.").AcceptsJson<LoginBody>().ProducesJson<TokenPair>().ProducesProblems(401, 429, 503);
        auth.MapPost("/refresh-token", sessions.RefreshAsync).RequireLimit(SessionCalls.RefreshLimit)
            .Describe("Exchanges a refresh token for a new pair; a spent one revokes its session.")
            .AcceptsJson<RefreshBody>().ProducesJson<TokenPair>().ProducesProblems(401);
        auth.MapPost("/logout", sessions.LogOutAsync).RequireAuthorization().RequireLimit(SessionCalls.LogoutLimit)
            .Describe("Ends the session.").ProducesNothing(204).ProducesProblems(401);
    }

    /// <summary>Maps the routes that make users and sales for demonstrations, in Development alone.</summary>
    public static IEndpointConventionBuilder MapDevelopment(this WebApplication app)
    {
        var admin = app.MapGroup("/admin/dev").WithMetadata(new OperatorKey.Required());
        admin.WithTags("development").ProducesProblems(401, 429, 503);
        if (app.Environment.IsDevelopment())
        {
            admin.MapPost("/users", app.Services.GetRequiredService<DevUsersCall>().MakeAsync)
                .Describe("Makes users for demonstrations. Development only.").AcceptsJson<DevUserCountBody>().ProducesJson<DevUsers>(201);
            admin.MapPost("/sales", app.Services.GetRequiredService<DevSalesCall>().MakeAsync)
                .Describe("Makes a sale for demonstrations. Development only.").AcceptsJson<DevSaleBody>().ProducesJson<SaleReply>(201);
        }

        return admin;
    }

    [LoggerMessage(EventId = 1, EventName = "RandomSecret", Level = LogLevel.Warning,
        Message = "JWT_SECRET is not set: access tokens are signed with a secret made at this start, and end with it.")]
    private static partial void LogRandomSecret(ILogger logger);
}
