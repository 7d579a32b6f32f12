using Microsoft.OpenApi;
using static OrleansLimiter.Api.Description.DescribedSchemas;

namespace OrleansLimiter.Api.Description;

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
        document.AddComponent<IOpenApiSchema>("Queue", Object(
            ["state", "position", "etaSeconds", "pollAfterMs"],
            ("state", Text("joining, preQueue, waiting, admitted or soldOut.")), ("position", WholeOrNull("1 for the one whose turn is next; null before the draw.")),
            ("etaSeconds", WholeOrNull("Null where it cannot be foreseen.")), ("pollAfterMs", Whole("When to ask again.")),
            ("place", Whole("The number by which the draw can be checked.")), ("admission", Text("To be sent as Sale-Admission."))));
        document.AddComponent<IOpenApiSchema>("Draw", Object(
            ["seedHash", "rule"],
            ("seedHash", Text()), ("rule", Text("By which number places are ordered, the smallest first.")), ("placesHash", Text("From the opening on, as the next two.")), ("seed", Text()),
            ("places", Array(Object(["first", "last"], ("first", Whole()), ("last", Whole()))))));
        document.AddComponent<IOpenApiSchema>("Valve", Object(
            ["phase", "paused", "admissions", "windowMs", "checkout", "joining", "waiting", "inCheckout", "counts", "source"],
            ("phase", Text()), ("paused", new OpenApiSchema { Type = JsonSchemaType.Boolean }), ("admissions", Whole("At most so many in any window.")), ("windowMs", Whole()), ("checkout", Whole("At most so many at once.")),
            ("joining", Whole()), ("waiting", Whole()), ("inCheckout", Whole()), ("counts", new OpenApiSchema { Type = JsonSchemaType.Object }), ("source", Text())));
        document.AddComponent<IOpenApiSchema>("ValveRates", Object([], ("admissions", Whole("1 to 1,000,000.")), ("windowMs", Whole("1,000 to 3,600,000.")), ("checkout", Whole("1 to 1,000,000."))));
        document.AddComponent<IOpenApiSchema>("DevSale", Object(
            ["tickets"],
            ("name", Text("At most 200 characters.")), ("tickets", Whole("1 to 10,000.")), ("price", Whole("0 to 1,000,000; 4,900 if left out.")), ("opensInSeconds", Whole("0 to 3,600; 0 if left out.")),
            ("maxPerOrder", Whole("1 to 100; 4 if left out.")), ("maxPerUser", Whole("1 to 100; 4 if left out."))));
        document.Paths["/admin/dev/sales"] = ApiDescription.Path(HttpMethod.Post, operation.OfOwn("Makes a sale for demonstrations. Development only.", [Operator()], "DevSale", "Sale", [201, 400, 401, 413, 415, 429, 503]));
        document.AddComponent<IOpenApiSchema>("NewSale", Object(
            ["name", "tickets", "price", "opensAt"],
            ("name", Text("At most 200 characters.")), ("tickets", Whole("1 to 50,000.")), ("price", Whole("Of one ticket, in the currency's smallest unit.")), ("currency", Text("ISO 4217; EUR if left out.")),
            ("opensAt", Text("With its offset; in the future.")), ("closesAt", Text("After opensAt; while there are tickets if left out.")),
            ("maxPerOrder", Whole("1 to 100; 4 if left out.")), ("maxPerUser", Whole("1 to 100; 4 if left out."))));
        document.Paths["/admin/sales"] = ApiDescription.Path(HttpMethod.Post, operation.OfOwn("Makes a sale. For operators.", [Operator()], "NewSale", "Sale", [201, 400, 401, 413, 415, 429, 503]));
        document.Paths["/admin/sales/{id}/end"] = ApiDescription.Path(HttpMethod.Post, operation.OfOwn("Ends a sale now. For operators.", [ApiDescription.InPath("id"), Operator()], null, "Sale", [200, 401, 404, 429, 503]));
        document.Paths["/sales/{id}/queue"] = new OpenApiPathItem
        {
            Operations = new Dictionary<HttpMethod, OpenApiOperation>
            {
                [HttpMethod.Post] = operation.OfOwn("Gives the caller a place in line, or answers for the one there is.", [ApiDescription.InPath("id")], null, "Queue", [200, 202, 401, 404, 409, 410, 429, 503], needsToken: true),
                [HttpMethod.Get] = operation.OfOwn("How the caller stands; keeps the place alive.", [ApiDescription.InPath("id")], null, "Queue", [200, 202, 401, 404, 409, 410, 429, 503], needsToken: true),
                [HttpMethod.Delete] = operation.OfOwn("Gives the caller's place up.", [ApiDescription.InPath("id")], null, null, [204, 401, 404, 429, 503], needsToken: true),
            },
        };
        document.Paths["/sales/{id}/draw"] = Get(operation.OfOwn("What the draw can be checked by.", [ApiDescription.InPath("id")], null, "Draw", [200, 304, 404, 429, 503]));
        document.Paths["/admin/sales/{id}/valve"] = Get(operation.OfOwn("How a sale's valve stands. For operators.", [ApiDescription.InPath("id"), Operator()], null, "Valve", [200, 401, 404, 429, 503]));
        document.Paths["/admin/sales/{id}/valve/pause"] = ApiDescription.Path(HttpMethod.Post, operation.OfOwn("Holds the line. For operators.", [ApiDescription.InPath("id"), Operator()], null, "Valve", [200, 401, 404, 429, 503]));
        document.Paths["/admin/sales/{id}/valve/resume"] = ApiDescription.Path(HttpMethod.Post, operation.OfOwn("Lets the line go on. For operators.", [ApiDescription.InPath("id"), Operator()], null, "Valve", [200, 401, 404, 429, 503]));
        document.Paths["/admin/sales/{id}/valve/rates"] = ApiDescription.Path(HttpMethod.Post, operation.OfOwn(
            "Changes the caps that are named. For operators.", [ApiDescription.InPath("id"), Operator()], "ValveRates", "Valve", [200, 400, 401, 404, 413, 415, 429, 503]));
        document.Paths["/ticket/pay-ticket"] = ApiDescription.Path(HttpMethod.Post, operation.OfOwn(
            "Buys tickets, all or none.", [Header("Idempotency-Key"), Header("Sale-Admission")], "Purchase", "Receipt", [200, 400, 401, 402, 409, 410, 413, 415, 422, 429, 503], needsToken: true));
        document.Paths["/ticket/receipts"] = Get(operation.OfOwn("The caller's receipts, the newest first.", [], null, "Receipts", [200, 401, 429, 503], needsToken: true));
    }

    private static OpenApiSchema Sale() => Object(
        ["id", "name", "phase", "opensAt", "price", "currency", "available", "total"],
        ("id", Text()), ("name", Text()), ("phase", Text("scheduled, preQueue, open, paused, soldOut or closed.")), ("opensAt", Text("UTC.")),
        ("price", Whole("Of one ticket, in the currency's smallest unit.")), ("currency", Text("ISO 4217.")), ("available", Whole()), ("total", Whole()));

    private static OpenApiSchema Receipt() => Object(
        ["receiptId", "tickets", "amount", "currency", "cardLast4", "paidAt"],
        ("receiptId", Text()), ("tickets", Array(Text())), ("amount", Whole("In the currency's smallest unit.")), ("currency", Text()), ("cardLast4", Text()), ("paidAt", Text("UTC.")));

    private static OpenApiSchema Array(IOpenApiSchema items) => new() { Type = JsonSchemaType.Array, Items = items };

    private static OpenApiParameter Header(string name) => new() { Name = name, In = ParameterLocation.Header, Schema = Text() };

    private static OpenApiParameter Operator() => new() { Name = "X-Operator-Key", In = ParameterLocation.Header, Required = true, Schema = Text() };

    private static OpenApiSchema WholeOrNull(string description) => new() { Type = JsonSchemaType.Integer | JsonSchemaType.Null, Description = description };

    private static OpenApiPathItem Get(OpenApiOperation operation) => ApiDescription.Path(HttpMethod.Get, operation);
}
