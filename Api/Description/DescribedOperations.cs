using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.AspNetCore.Problems;

namespace OrleansLimiter.Api.Description;

/// <summary>Describes operations of one document.</summary>
internal sealed class DescribedOperations(OpenApiDocument document)
{
    /// <summary>The security scheme of routes that need a user.</summary>
    public const string AccessToken = "accessToken";

    private const string Json = "application/json";

    /// <summary>Describes one: its parameters, the schemas of its body and of its answer, and its statuses.</summary>
    public OpenApiOperation Of(string summary, IList<IOpenApiParameter> parameters, string? body, string? answer, int[] statuses)
    {
        var isLimit = statuses.Contains(StatusCodes.Status401Unauthorized);
        var operation = new OpenApiOperation { Summary = summary, Parameters = parameters, Responses = [] };
        if (isLimit && !parameters.Any(parameter => parameter.In == ParameterLocation.Header))
            parameters.Add(new OpenApiParameter { Name = ApiKey.Header, In = ParameterLocation.Header, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        if (body is not null)
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = Content(Json, body) };
        foreach (var status in WithBadRequest(statuses))
            operation.Responses[status.ToString(CultureInfo.InvariantCulture)] = Response(status, answer, isLimit);
        return operation;
    }

    /// <summary>Describes a route of accounts or tickets, all of whose errors, refusals too, are problems.</summary>
    public OpenApiOperation OfOwn(string summary, IList<IOpenApiParameter> parameters, string? body, string? answer, int[] statuses, bool needsToken = false)
    {
        var operation = new OpenApiOperation { Summary = summary, Parameters = parameters, Responses = [] };
        if (body is not null)
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = Content(Json, body) };
        if (needsToken)
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(AccessToken, document)] = [] }];
        var isLimited = statuses.Contains(StatusCodes.Status429TooManyRequests);
        foreach (var status in WithBadRequest(statuses))
            operation.Responses[status.ToString(CultureInfo.InvariantCulture)] = Response(status, status < StatusCodes.Status400BadRequest ? answer : null, isLimited);
        return operation;
    }

    /// <summary>Describes HEAD where GET is described: the same but for bodies.</summary>
    public static OpenApiOperation HeadOf(OpenApiOperation get)
    {
        var responses = new OpenApiResponses();
        foreach (var (status, response) in get.Responses!)
            responses[status] = new OpenApiResponse { Description = response.Description, Headers = response.Headers };
        return new OpenApiOperation { Summary = $"{get.Summary} The status and the headers alone.", Parameters = [.. get.Parameters!], Responses = responses, Security = get.Security };
    }

    // An unknown parameter of the query is refused by every operation.
    private static IEnumerable<int> WithBadRequest(int[] statuses) => statuses.Append(StatusCodes.Status400BadRequest).Distinct().Order();

    private OpenApiResponse Response(int status, string? answer, bool isLimit)
    {
        var response = new OpenApiResponse { Description = ReasonPhrases.GetReasonPhrase(status), Headers = new Dictionary<string, IOpenApiHeader>() };
        var isAnswer = status < StatusCodes.Status400BadRequest || (answer is not null && status != StatusCodes.Status400BadRequest && (!isLimit || status == StatusCodes.Status429TooManyRequests));
        if (isAnswer && answer is not null)
            response.Content = Content(Json, answer);
        else if (!isAnswer)
            response.Content = Content(Problem.MediaType, "Problem");
        if (isLimit && status is StatusCodes.Status200OK or StatusCodes.Status204NoContent or StatusCodes.Status429TooManyRequests)
        {
            response.Headers[RateLimitFields.PolicyHeader] = Header("The policies that were asked: capacity q, and the seconds w that fill it.");
            response.Headers[RateLimitFields.LimitHeader] = Header("What remains (r), and the seconds until it grows (t).");
        }

        if (isLimit && status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            response.Headers["Retry-After"] = Header("Whole seconds until the same request makes sense again.");
        return response;
    }

    private Dictionary<string, OpenApiMediaType> Content(string mediaType, string schema) =>
        new() { [mediaType] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(schema, document) } };

    private static OpenApiHeader Header(string description) => new() { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
}
