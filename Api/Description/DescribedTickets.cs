using Microsoft.OpenApi;
using static OrleansLimiter.Api.DescribedSchemas;

namespace OrleansLimiter.Api;

/// <summary>Describes the routes of the ticket sale.</summary>
internal static class DescribedTickets
{
    /// <summary>Adds them to the document.</summary>
    public static void AddTo(OpenApiDocument document, DescribedOperations operation)
    {
        document.AddComponent<IOpenApiSchema>("Sale", Sale());
        document.AddComponent<IOpenApiSchema>("Sales", Object(["items"], ("items", Array(Sale()))));
        document.AddComponent<IOpenApiSchema>("Tickets", Object(["items"], ("items", Array(Object(["id"], ("id", Text())))), ("next", Text("What to send as after for the next page; left out on the last."))));
        document.AddComponent<IOpenApiSchema>("Purchase", Object(
            ["ticketUuids", "creditCard"],
            ("ticketUuids", new OpenApiSchema { Type = JsonSchemaType.Array, MinItems = 1, MaxItems = 100, Items = Text() }),
            ("creditCard", Text("12 to 19 digits, spaces and dashes allowed."))));
        document.AddComponent<IOpenApiSchema>("Receipt", Receipt());
        document.AddComponent<IOpenApiSchema>("Receipts", Object(["items"], ("items", Array(Receipt()))));

        document.Paths["/sales"] = Get(operation.OfOwn("The sales.", [], null, "Sales", [200, 429, 503]));
        document.Paths["/sales/{id}"] = Get(operation.OfOwn("A sale.", [ApiDescription.InPath("id")], null, "Sale", [200, 404, 429, 503]));
        document.Paths["/sales/{id}/tickets"] = Get(operation.OfOwn(
            "The tickets of a sale, by id, a hundred at a time. Ids are random.",
            [ApiDescription.InPath("id"), ApiDescription.Query("status", false, JsonSchemaType.String), ApiDescription.Query("after", false, JsonSchemaType.String)], null, "Tickets", [200, 400, 404, 429, 503]));
        document.Paths["/ticket/pay-ticket"] = ApiDescription.Path(HttpMethod.Post, operation.OfOwn(
            "Buys tickets, all or none.", [Header("Idempotency-Key"), Header("Sale-Admission")], "Purchase", "Receipt", [200, 400, 401, 402, 409, 410, 413, 415, 422, 429, 503], needsToken: true));
        document.Paths["/ticket/receipts"] = Get(operation.OfOwn("The caller's receipts, the newest first.", [], null, "Receipts", [200, 401, 429, 503], needsToken: true));
    }

    private static OpenApiSchema Sale() => Object(
        ["id", "name", "phase", "opensAt", "price", "currency", "available", "total"],
        ("id", Text()), ("name", Text()), ("phase", Text("scheduled, open, soldOut or closed.")), ("opensAt", Text("UTC.")),
        ("price", Whole("Of one ticket, in the currency's smallest unit.")), ("currency", Text("ISO 4217.")), ("available", Whole()), ("total", Whole()));

    private static OpenApiSchema Receipt() => Object(
        ["receiptId", "tickets", "amount", "currency", "cardLast4", "paidAt"],
        ("receiptId", Text()), ("tickets", Array(Text())), ("amount", Whole("In the currency's smallest unit.")), ("currency", Text()), ("cardLast4", Text()), ("paidAt", Text("UTC.")));

    private static OpenApiSchema Array(IOpenApiSchema items) => new() { Type = JsonSchemaType.Array, Items = items };

    private static OpenApiParameter Header(string name) => new() { Name = name, In = ParameterLocation.Header, Schema = Text() };

    private static OpenApiPathItem Get(OpenApiOperation operation) => ApiDescription.Path(HttpMethod.Get, operation);
}
