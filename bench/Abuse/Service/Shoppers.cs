using System.Text.Json;
using OrleansLimiter.AbuseBench.Http;

namespace OrleansLimiter.AbuseBench.Service;

/// <summary>Users with their tokens, and a sale with its tickets, made by the routes of Development.</summary>
/// <param name="Tokens">The users' access tokens.</param>
/// <param name="Sale">The sale.</param>
/// <param name="Tickets">Some of its tickets.</param>
internal sealed record Shoppers(IReadOnlyList<string> Tokens, Guid Sale, IReadOnlyList<Guid> Tickets)
{
    /// <summary>A card that pays.</summary>
    public const string Card = "4242 4242 4242 4242";

    /// <summary>Makes them.</summary>
    /// <param name="service">The service.</param>
    /// <param name="users">How many users.</param>
    /// <param name="tickets">How many tickets, at most 100.</param>
    /// <param name="opensInSeconds">When the sale opens.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<Shoppers> MakeAsync(
        AttackedService service, int users, int tickets, int opensInSeconds, CancellationToken cancellation)
    {
        using var operators = new Caller(service.FrontEnd.Operations);
        using var visitor = new Caller(service.Url);
        var made = await operators.PostAsync(
            "/admin/dev/users", new { count = users }, cancellation, ("X-Operator-Key", AttackedService.OperatorKey));
        var sale = await operators.PostAsync(
            "/admin/dev/sales", new { tickets, opensInSeconds }, cancellation, ("X-Operator-Key", AttackedService.OperatorKey));
        var id = sale.Json.GetProperty("id").GetGuid();
        var listed = await visitor.GetAsync($"/sales/{id}/tickets", cancellation);
        return new Shoppers(
            [.. made.Json.GetProperty("users").EnumerateArray().Select(user => user.GetProperty("accessToken").GetString()!)],
            id,
            [.. listed.Json.GetProperty("items").EnumerateArray().Select(ticket => ticket.GetProperty("id").GetGuid())]);
    }

    /// <summary>Buys a ticket.</summary>
    public static Task<Answer> PayAsync(
        Caller caller, string token, Guid ticket, CancellationToken cancellation, string card = Card,
        params (string Name, string Value)[] headers) =>
        caller.PostAsync(
            "/ticket/pay-ticket", new { ticketUuids = new[] { ticket }, creditCard = card }, cancellation, [Bearer(token), .. headers]);

    /// <summary>Calls the sale's queue.</summary>
    public Task<Answer> QueueAsync(Caller caller, HttpMethod method, string token, CancellationToken cancellation) =>
        caller.SendAsync(method, $"/sales/{Sale}/queue", null, cancellation, Bearer(token));

    /// <summary>Tells the sale's valve something.</summary>
    public async Task<Answer> OperateAsync(AttackedService service, string command, object body, CancellationToken cancellation)
    {
        using var operators = new Caller(service.FrontEnd.Operations);
        return await operators.PostAsync(
            $"/admin/sales/{Sale}/valve/{command}", body, cancellation, ("X-Operator-Key", AttackedService.OperatorKey));
    }

    /// <summary>Joins until it is a user's turn.</summary>
    /// <returns>The admission; null: it was not within ten seconds.</returns>
    public async Task<string?> AdmittedAsync(Caller caller, string token, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var answer = await QueueAsync(caller, HttpMethod.Post, token, cancellation);
            if (answer.Status == 200 && answer.Json.TryGetProperty("admission", out var admission))
                return admission.GetString();
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellation);
        }

        return null;
    }

    /// <summary>The reason of a problem; empty where there is none.</summary>
    public static string ReasonOf(Answer answer) =>
        answer.Body.StartsWith('{') && answer.Json.TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.String
            ? reason.GetString()!
            : string.Empty;

    private static (string Name, string Value) Bearer(string token) => ("Authorization", $"Bearer {token}");
}
