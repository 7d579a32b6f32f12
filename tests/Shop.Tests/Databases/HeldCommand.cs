using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace OrleansLimiter.Shop.Tests.Databases;

/// <summary>Commands of which one may be held before it is sent.</summary>
/// <param name="step">Holds it.</param>
/// <param name="text">What is in their text.</param>
internal sealed class HeldCommand(HeldStep step, string text) : DbCommandInterceptor
{
    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        await PassAsync(command, cancellationToken);
        return result;
    }

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        await PassAsync(command, cancellationToken);
        return result;
    }

    private ValueTask PassAsync(DbCommand command, CancellationToken cancellationToken) =>
        command.CommandText.Contains(text, StringComparison.Ordinal) ? step.PassAsync(cancellationToken) : ValueTask.CompletedTask;
}
