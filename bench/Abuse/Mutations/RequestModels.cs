using System.Text.Json;
using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Mutations;

/// <summary>Requests in order for every route of the service, by people, tenants and operators that it knows.</summary>
internal sealed class RequestModels
{
    private const int Users = 200;
    private const int Sales = 8;
    private const string Card = "4242 4242 4242 4242";
    private static readonly string[] NoHeaders = [];
    private static readonly string[] OperatorHeaders = ["X-Operator-Key: " + AttackedService.OperatorKey];
    private static readonly string[] TenantHeaders = ["X-Api-Key: " + AttackedService.ApiKey];
    private static readonly string[] Policies = [
        "default", "fixed-window", "sliding-window", "sliding-log", "gcra", "leaky-bucket", "concurrency", "burst-and-sustained"];

    private readonly List<RequestModel> _all = [];

    private RequestModels()
    {
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<RequestModel> All => _all;

    /// <summary>Makes users and sales, and the requests that name them.</summary>
    /// <param name="service">Where.</param>
    /// <param name="cancellation">Ends it early.</param>
    public static async Task<RequestModels> MakeAsync(FrontEnd service, CancellationToken cancellation)
    {
        using var caller = new Caller(service.Url);
        using var operators = new Caller(service.Operations);
        (string Name, string Value) key = ("X-Operator-Key", AttackedService.OperatorKey);
        var made = Made(await operators.PostAsync("/admin/dev/users", new { count = Users }, cancellation, key));
        var models = new RequestModels();
        models.AddLimits();
        models.AddAccounts(made.GetProperty("password").GetString()!, [.. made.GetProperty("users").EnumerateArray()]);
        models.AddOperators();
        var tokens = made.GetProperty("users").EnumerateArray().Select(user => user.GetProperty("accessToken").GetString()!).ToArray();
        for (var i = 0; i < Sales; i++)
        {
            var sale = Made(await operators.PostAsync(
                "/admin/dev/sales", new { name = $"Sale {i}", tickets = 1_000, opensInSeconds = i * 60 }, cancellation, key))
                .GetProperty("id").GetString()!;
            var tickets = (await caller.GetAsync($"/sales/{sale}/tickets", cancellation)).Json.GetProperty("items").EnumerateArray()
                .Select(ticket => ticket.GetProperty("id").GetString()!);
            models.AddSale(sale, [.. tickets], tokens);
        }

        return models;
    }

    private static JsonElement Made(in Answer answer) => answer.Status == 201
        ? answer.Json
        : throw new UsageException($"What the attack needs could not be made: {answer.Status} {answer.Body}");

    private void AddLimits()
    {
        foreach (var policy in Policies)
        {
            Add("GET", "/limit/check", $"/limit/check?key=user_1&policy={policy}&cost=1", NoHeaders);
            Add("POST", "/limit/incr", "/limit/incr", TenantHeaders, new { key = "user_2", cost = 1, policy });
            Add("POST", "/limit/incr", "/limit/incr", NoHeaders, new { key = "user_3", cost = 2, policy, requestId = "once" });
            Add("POST", "/limit/refund", "/limit/refund", TenantHeaders, new { key = "user_2", cost = 1, policy });
            Add("POST", "/limit/batch", "/limit/batch", TenantHeaders,
                new { checks = new object[] { new { key = "user_4", policy }, new { key = "user_5", cost = 3, policy } } });
            Add("DELETE", "/limit/{policy}/{key}", $"/limit/{policy}/user_2?tenant=dev-free", OperatorHeaders);
            Add("DELETE", "/limit", $"/limit?policy={policy}&key=..&tenant=dev-free", OperatorHeaders);
        }

        Add("POST", "/limit/release", "/limit/release", TenantHeaders, new
        {
            key = "user_2",
            policy = "concurrency",
            lease = new string('a', 22),
        });
    }

    private void AddAccounts(string password, JsonElement[] users)
    {
        Add("POST", "/auth/signup", "/auth/signup", NoHeaders, new
        {
            email = "ada@example.test",
            password = "a long password of hers",
            name = "Ada",
        });
        Add("POST", "/auth/confirm", "/auth/confirm", NoHeaders, new { token = new string('t', 43), password = "a long password of hers" });
        foreach (var user in users.Take(10))
        {
            string[] bearer = [$"Authorization: Bearer {user.GetProperty("accessToken").GetString()}"];
            Add("POST", "/auth/login", "/auth/login", NoHeaders, new { email = user.GetProperty("email").GetString(), password });
            Add("POST", "/auth/refresh-token", "/auth/refresh-token", NoHeaders, new { refreshToken = new string('r', 43) });
            Add("POST", "/auth/logout", "/auth/logout", bearer);
            Add("GET", "/ticket/receipts", "/ticket/receipts", bearer);
        }
    }

    private void AddOperators()
    {
        Add("POST", "/admin/dev/users", "/admin/dev/users", OperatorHeaders, new { count = 1 });
        Add("POST", "/admin/dev/sales", "/admin/dev/sales", OperatorHeaders, new { name = "Another", tickets = 10, opensInSeconds = 30 });
        Add("POST", "/admin/sales", "/admin/sales", OperatorHeaders, new
        {
            name = "An evening",
            tickets = 10,
            price = 100,
            opensAt = "2030-12-24T18:00:00Z",
        });
        foreach (var path in (string[])["/health/live", "/health/ready", "/metrics", "/openapi/v1.json", "/", "/favicon.ico"])
            Add("GET", path, path, NoHeaders);
    }

    private void AddSale(string sale, string[] tickets, string[] tokens)
    {
        foreach (var path in (string[])["/sales", $"/sales/{sale}", $"/sales/{sale}/tickets?status=available", $"/sales/{sale}/draw"])
            Add("GET", path.Split('?')[0].Replace(sale, "{id}", StringComparison.Ordinal), path, NoHeaders);
        Add("GET", "/admin/sales/{id}/valve", $"/admin/sales/{sale}/valve", OperatorHeaders);
        Add("POST", "/admin/sales/{id}/valve/pause", $"/admin/sales/{sale}/valve/pause", OperatorHeaders, new { });
        Add("POST", "/admin/sales/{id}/valve/resume", $"/admin/sales/{sale}/valve/resume", OperatorHeaders, new { });
        Add("POST", "/admin/sales/{id}/valve/rates", $"/admin/sales/{sale}/valve/rates", OperatorHeaders, new
        {
            admissions = 100,
            windowMs = 1_000,
        });
        Add("POST", "/admin/sales/{id}/end", $"/admin/sales/{Guid.NewGuid()}/end", OperatorHeaders, new { });
        for (var i = 0; i < tickets.Length && i < tokens.Length; i++)
        {
            string[] bearer = [$"Authorization: Bearer {tokens[i]}"];
            foreach (var method in (string[])["POST", "GET", "DELETE"])
                Add(method, "/sales/{id}/queue", $"/sales/{sale}/queue", bearer);
            Add("POST", "/ticket/pay-ticket", "/ticket/pay-ticket", bearer, new { ticketUuids = new[] { tickets[i] }, creditCard = Card });
            Add("POST", "/ticket/pay-ticket", "/ticket/pay-ticket", [.. bearer, $"Idempotency-Key: {i}"], new
            {
                ticketUuids = tickets.Skip(i).Take(2),
                creditCard = Card,
            });
        }
    }

    /// <summary>Adds a request; what can be read, in both ways.</summary>
    private void Add(string method, string route, string target, IReadOnlyList<string> headers, object? body = null)
    {
        _all.Add(new RequestModel(method, route, target, headers, body is null ? null : JsonSerializer.Serialize(body)));
        if (method == "GET")
            _all.Add(new RequestModel("HEAD", route, target, headers, null));
    }
}
