using System.Diagnostics.CodeAnalysis;

namespace OrleansLimiter.Silo;

/// <summary>
/// Ends the process of a silo that is no longer in the list of silos although the list can be read: a Redis that came back empty. Left to itself such a silo goes
/// on for ever, and no client ever finds it again; started anew it joins. It ends as Orleans ends a silo that was voted out, since leaving in good order means
/// writing to that list. Runs beside one silo, in its host.
/// </summary>
/// <param name="table">The list.</param>
/// <param name="silo">This silo.</param>
/// <param name="end">Ends the process, for a reason.</param>
/// <param name="time">The clock of the looks.</param>
/// <param name="logger">Where that is told.</param>
internal sealed partial class MembershipWatch(
    IMembershipTable table, ILocalSiloDetails silo, Action<string> end, TimeProvider time, ILogger<MembershipWatch> logger) : BackgroundService
{
    private const int LooksInVain = 3;
    private const string Reason = "This silo is no longer in the list of silos, as if Redis had come back empty: it ends, and joins when it is started anew";
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var inVain = 0; inVain < LooksInVain && !stoppingToken.IsCancellationRequested;)
        {
            await Task.Delay(Period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            inVain = await IsListedAsync() == false ? inVain + 1 : 0;
        }

        if (stoppingToken.IsCancellationRequested)
            return;
        LogNotListed(logger);
        end(Reason);
    }

    /// <summary>Whether the silo is in the list; null where the list cannot be read, which says nothing.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Each provider throws what it likes; the next look will tell.")]
    private async Task<bool?> IsListedAsync()
    {
        try
        {
#pragma warning disable CS0618 // obsolete from 10.4 on, in favour of one that older releases lack; both do the same
            var row = await table.ReadRow(silo.SiloAddress);
#pragma warning restore CS0618
            return row.Members.Count > 0;
        }
        catch (Exception failure)
        {
            LogUnreadable(logger, failure);
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Error, Reason)]
    private static partial void LogNotListed(ILogger logger);

    [LoggerMessage(2, LogLevel.Debug, "The list of silos could not be read")]
    private static partial void LogUnreadable(ILogger logger, Exception failure);
}
