using System.Globalization;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Line;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Operators;

/// <summary>
/// What operators did with sales and their valves: one line each, in the category of <see cref="AuditLog"/>. Safe for use by many threads.
/// </summary>
internal sealed partial class ShopAudit(ILoggerFactory loggers)
{
    private const string Unknown = "unknown";
    private readonly ILogger _logger = loggers.CreateLogger(AuditLog.Category);

    /// <summary>A valve was told something.</summary>
    public void ValveView(string person, Guid sale, ValveCommandKind command, ValveStatus? before, in ValveStatus after)
    {
        var (stood, stands) = (before is { } known ? Text(known) : Unknown, Text(after));
        LogValve(_logger, person, sale, command, stood, stands);
    }

    public void SaleMade(string person, Sale sale)
    {
        var made = string.Create(
            CultureInfo.InvariantCulture,
            $"{sale.Total} tickets at {sale.Price} {sale.Currency} (smallest unit), from {WireTime.Of(sale.OpensAt):O} to {EndOf(sale)}, "
                + $"at most {sale.MaxPerOrder} in an order and {sale.MaxPerUser} for one user");
        LogMade(_logger, person, sale.Id, sale.Name, made);
    }

    /// <summary>A sale was ended.</summary>
    /// <param name="person">The operator.</param>
    /// <param name="before">The sale as it was.</param>
    /// <param name="phase">What it was then.</param>
    /// <param name="after">The sale as it is.</param>
    public void SaleEnded(string person, Sale before, string phase, Sale after)
    {
        var (was, isNow) = ($"{phase}, to {EndOf(before)}",
            string.Create(CultureInfo.InvariantCulture,
            $"closed at {EndOf(after)}, {after.Sold} tickets sold, {after.Held} held, {after.Available} left"));
        LogEnded(_logger, person, after.Id, was, isNow);
    }

    /// <summary>Users for load tests were made.</summary>
    public void UsersMade(string person, long count) => LogUsers(_logger, person, count);

    private static string EndOf(Sale sale) =>
        sale.ClosesAt is { } end ? WireTime.Of(end).ToString("O", CultureInfo.InvariantCulture) : "its last ticket";

    private static string Text(in ValveStatus status) => string.Create(
        CultureInfo.InvariantCulture,
        $"{WireNames.Of(status.Phase)}, {status.Rates.Admissions} in {status.Rates.WindowMicroseconds / 1_000} ms, at most "
            + $"{status.Rates.Checkout} in checkout");

    [LoggerMessage(EventId = 2, EventName = "ValveTold", Level = LogLevel.Information,
        Message = "The operator {Operator} told the valve of the sale {Sale}: {Command}. Before: {Before}; after: {After}.")]
    private static partial void LogValve(
        ILogger logger, string @operator, Guid sale, ValveCommandKind command, string before, string after);

    [LoggerMessage(EventId = 3, EventName = "SaleMade", Level = LogLevel.Information,
        Message = "The operator {Operator} made the sale {Sale}, {Name}. Before: none; after: {After}.")]
    private static partial void LogMade(ILogger logger, string @operator, Guid sale, string name, string after);

    [LoggerMessage(EventId = 6, EventName = "SaleEnded", Level = LogLevel.Information,
        Message = "The operator {Operator} ended the sale {Sale}. Before: {Before}; after: {After}.")]
    private static partial void LogEnded(ILogger logger, string @operator, Guid sale, string before, string after);

    [LoggerMessage(EventId = 4, EventName = "UsersMade", Level = LogLevel.Information,
        Message = "The operator {Operator} made {Count} users for load tests.")]
    private static partial void LogUsers(ILogger logger, string @operator, long count);
}
