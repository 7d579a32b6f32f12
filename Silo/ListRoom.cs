using System.Diagnostics.CodeAnalysis;

namespace OrleansLimiter.Silo;

/// <summary>
/// Makes room for the list of silos where its key holds something else: as long as it does no silo can join. Runs in a silo's host, before
/// the silo.
/// </summary>
/// <param name="table">The list.</param>
/// <param name="clusterId">Whose list it is.</param>
/// <param name="logger">Where that is told.</param>
internal sealed partial class ListRoom(IMembershipTable table, string clusterId, ILogger<ListRoom> logger) : IHostedService
{
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whether the list can be reached is for the silo's own start to say.")]
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Connects, and writes nothing.
            await table.InitializeMembershipTableAsync(tryInitTableVersion: false, cancellationToken);
            await table.ReadAllAsync(cancellationToken);
        }
        catch (Exception failure) when (ListedSilo.IsOfAnotherType(failure))
        {
            LogOfAnotherType(logger);
            await table.DeleteMembershipTableEntriesAsync(clusterId, cancellationToken);
        }
        catch (Exception failure)
        {
            LogUnreadable(logger, failure);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Warning,
        "The key of the list of silos holds something that is no list of silos: it is deleted, so that silos can join")]
    private static partial void LogOfAnotherType(ILogger logger);

    [LoggerMessage(2, LogLevel.Debug, "The list of silos could not be read")]
    private static partial void LogUnreadable(ILogger logger, Exception failure);
}
