using System.Globalization;
using OrleansLimiter.Service;

namespace OrleansLimiter.Hosting.Operators;

/// <summary>
/// What operators did: one line each, in the category <c>OrleansLimiter.Audit</c>, with who it was and how things stood before and after.
/// Keys are in no log, so a key that was forgotten is told by its tenant and policy alone. Safe for use by many threads.
/// </summary>
internal sealed partial class AuditLog(ILoggerFactory loggers)
{
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

    /// <summary>What was told to a valve, or to a key's owner, was not answered: it may have been done all the same.</summary>
    public void Unanswered(string person, string what) => LogUnanswered(_logger, person, what);

    private static string Remaining(in LimitAnswer answer) =>
        answer.Kind == LimitAnswerKind.Decided ? answer.Decision.Remaining.ToString(CultureInfo.InvariantCulture) : Unknown;

    [LoggerMessage(EventId = 1, EventName = "KeyForgotten", Level = LogLevel.Information,
        Message =
            "The operator {Operator} had a key of the tenant {Tenant} forgotten under the policy {Policy}. "
            + "Permits before: {Before}; after: {After}.")]
    private static partial void LogForgotten(ILogger logger, string @operator, string tenant, string policy, string before, string after);

    [LoggerMessage(EventId = 5, EventName = "CommandUnanswered", Level = LogLevel.Warning,
        Message =
            "The operator {Operator} sent a command that was not answered in time, so that nobody knows whether it was obeyed: {What}.")]
    private static partial void LogUnanswered(ILogger logger, string @operator, string what);
}
