using System.Globalization;
using OrleansLimiter.Api.Data;
using OrleansLimiter.Api.Queue;
using OrleansLimiter.Api.Tickets;
using OrleansLimiter.Core.Valve;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Operations;

/// <summary>
/// What operators did: one line each, in the category <c>OrleansLimiter.Audit</c>, with who it was and how things stood before and after. Keys are in no log,
/// so a key that was forgotten is told by its tenant and policy alone. Safe for use by many threads.
/// </summary>
internal sealed partial class AuditLog(ILoggerFactory loggers)
{
    /// <summary>The category.</summary>
    public const string Category = "OrleansLimiter.Audit";

    private const string Unknown = "unknown";
    private readonly ILogger _logger = loggers.CreateLogger(Category);

    /// <summary>A key was forgotten.</summary>
    /// <param name="person">The operator.</param>
    /// <param name="handle">The key's tenant and policy.</param>
    /// <param name="before">What a look said before.</param>
    /// <param name="after">The answer to the command.</param>
    public void KeyForgotten(string person, LimitHandle handle, in LimitAnswer before, in LimitAnswer after)
    {
        var (had, has) = (Remaining(before), Remaining(after));
        LogForgotten(_logger, person, handle.Tenant.Name, handle.Policy.Name, had, has);
    }

    /// <summary>A valve was told something.</summary>
    public void ValveTold(string person, Guid sale, ValveCommandKind command, ValveStatus? before, in ValveStatus after)
    {
        var (stood, stands) = (before is { } known ? Text(known) : Unknown, Text(after));
        LogValve(_logger, person, sale, command, stood, stands);
    }

    /// <summary>What was told to a valve, or to a key's owner, was not answered: it may have been done all the same.</summary>
    public void Unanswered(string person, string what) => LogUnanswered(_logger, person, what);

    /// <summary>A sale was made.</summary>
    public void SaleMade(string person, Sale sale)
    {
        var made = string.Create(
            CultureInfo.InvariantCulture,
            $"{sale.Total} tickets at {sale.Price} {sale.Currency} (smallest unit), from {WireTime.Of(sale.OpensAt):O} to {EndOf(sale)}, at most {sale.MaxPerOrder} in an order and {sale.MaxPerUser} for one user");
        LogMade(_logger, person, sale.Id, sale.Name, made);
    }

    /// <summary>A sale was ended.</summary>
    /// <param name="person">The operator.</param>
    /// <param name="before">The sale as it was.</param>
    /// <param name="phase">What it was then.</param>
    /// <param name="after">The sale as it is.</param>
    public void SaleEnded(string person, Sale before, string phase, Sale after)
    {
        var (was, isNow) = ($"{phase}, to {EndOf(before)}", string.Create(CultureInfo.InvariantCulture, $"closed at {EndOf(after)}, {after.Sold} tickets sold, {after.Held} held, {after.Available} left"));
        LogEnded(_logger, person, after.Id, was, isNow);
    }

    /// <summary>Users for load tests were made.</summary>
    public void UsersMade(string person, long count) => LogUsers(_logger, person, count);

    private static string EndOf(Sale sale) => sale.ClosesAt is { } end ? WireTime.Of(end).ToString("O", CultureInfo.InvariantCulture) : "its last ticket";

    private static string Remaining(in LimitAnswer answer) =>
        answer.Kind == LimitAnswerKind.Decided ? answer.Decision.Remaining.ToString(CultureInfo.InvariantCulture) : Unknown;

    private static string Text(in ValveStatus status) => string.Create(
        CultureInfo.InvariantCulture,
        $"{WireNames.Of(status.Phase)}, {status.Rates.Admissions} in {status.Rates.WindowMicroseconds / 1_000} ms, at most {status.Rates.Checkout} in checkout");

    [LoggerMessage(EventId = 1, EventName = "KeyForgotten", Level = LogLevel.Information, Message = "The operator {Operator} had a key of the tenant {Tenant} forgotten under the policy {Policy}. Permits before: {Before}; after: {After}.")]
    private static partial void LogForgotten(ILogger logger, string @operator, string tenant, string policy, string before, string after);

    [LoggerMessage(EventId = 2, EventName = "ValveTold", Level = LogLevel.Information, Message = "The operator {Operator} told the valve of the sale {Sale}: {Command}. Before: {Before}; after: {After}.")]
    private static partial void LogValve(ILogger logger, string @operator, Guid sale, ValveCommandKind command, string before, string after);

    [LoggerMessage(EventId = 5, EventName = "CommandUnanswered", Level = LogLevel.Warning, Message = "The operator {Operator} sent a command that was not answered in time, so that nobody knows whether it was obeyed: {What}.")]
    private static partial void LogUnanswered(ILogger logger, string @operator, string what);

    [LoggerMessage(EventId = 3, EventName = "SaleMade", Level = LogLevel.Information, Message = "The operator {Operator} made the sale {Sale}, {Name}. Before: none; after: {After}.")]
    private static partial void LogMade(ILogger logger, string @operator, Guid sale, string name, string after);

    [LoggerMessage(EventId = 6, EventName = "SaleEnded", Level = LogLevel.Information, Message = "The operator {Operator} ended the sale {Sale}. Before: {Before}; after: {After}.")]
    private static partial void LogEnded(ILogger logger, string @operator, Guid sale, string before, string after);

    [LoggerMessage(EventId = 4, EventName = "UsersMade", Level = LogLevel.Information, Message = "The operator {Operator} made {Count} users for load tests.")]
    private static partial void LogUsers(ILogger logger, string @operator, long count);
}
