using Microsoft.OpenApi;
using static OrleansLimiter.Api.Description.DescribedSchemas;

namespace OrleansLimiter.Api.Description;

/// <summary>Describes the routes of accounts.</summary>
internal static class DescribedAccounts
{
    /// <summary>Adds them to the document.</summary>
    public static void AddTo(OpenApiDocument document, DescribedOperations operation)
    {
        document.AddComponent<IOpenApiSecurityScheme>(DescribedOperations.AccessToken, new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" });
        document.AddComponent<IOpenApiSchema>("SignUp", Object(["email", "password"], ("email", Text()), ("password", Text("12 to 128 characters.")), ("name", Text("At most 100 characters."))));
        document.AddComponent<IOpenApiSchema>("SignedUp", Object(["userId"], ("userId", Text("The account's id; a random one where the address was taken."))));
        document.AddComponent<IOpenApiSchema>("Confirmation", Object(["token", "password"], ("token", Text("What was sent to the address.")), ("password", Text("The account's password from now on: 12 to 128 characters."))));
        document.AddComponent<IOpenApiSchema>("Login", Object(["email", "password"], ("email", Text()), ("password", Text())));
        document.AddComponent<IOpenApiSchema>("Refresh", Object(["refreshToken"], ("refreshToken", Text())));
        document.AddComponent<IOpenApiSchema>("TokenPair", Object(
            ["accessToken", "refreshToken", "tokenType", "expiresIn"],
            ("accessToken", Text()), ("refreshToken", Text("Good for 14 days, once.")), ("tokenType", Text()), ("expiresIn", Whole("Seconds."))));
        document.AddComponent<IOpenApiSchema>("DevUserCount", Object(["count"], ("count", Whole("1 to 10,000."))));
        document.AddComponent<IOpenApiSchema>("DevUsers", Object(
            ["password", "users"],
            ("password", Text("The password of all of them.")),
            ("users", new OpenApiSchema { Type = JsonSchemaType.Array, Items = Object(["userId", "email", "accessToken"], ("userId", Text()), ("email", Text()), ("accessToken", Text())) })));

        document.Paths["/auth/signup"] = Post(operation.OfOwn("Makes an account. An address that is taken is answered as a new one.", [], "SignUp", "SignedUp", [201, 400, 413, 415, 429, 503]));
        document.Paths["/auth/confirm"] = Post(operation.OfOwn("Confirms an address, where a notifier sends what that takes. Before, nobody logs in.", [], "Confirmation", null, [204, 400, 401, 413, 415, 429, 503]));
        document.Paths["/auth/login"] = Post(operation.OfOwn("Opens a session.", [], "Login", "TokenPair", [200, 400, 401, 413, 415, 429, 503]));
        document.Paths["/auth/refresh-token"] = Post(operation.OfOwn("Exchanges a refresh token for a new pair; a spent one revokes its session.", [], "Refresh", "TokenPair", [200, 400, 401, 413, 415, 429, 503]));
        document.Paths["/auth/logout"] = Post(operation.OfOwn("Ends the session.", [], null, null, [204, 401, 429, 503], needsToken: true));
        document.Paths["/admin/dev/users"] = Post(operation.OfOwn(
            "Makes users for demonstrations. Development only.",
            [new OpenApiParameter { Name = "X-Operator-Key", In = ParameterLocation.Header, Required = true, Schema = Text() }], "DevUserCount", "DevUsers", [201, 400, 401, 413, 415, 429, 503]));
    }

    private static OpenApiPathItem Post(OpenApiOperation operation) => ApiDescription.Path(HttpMethod.Post, operation);
}
