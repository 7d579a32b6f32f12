using System.Diagnostics.CodeAnalysis;

namespace OrleansLimiter.Silo;

/// <summary>
/// Helps a silo to join where all others died uncleanly and it has another address than they. It may not join while the list names silos as active that do not
/// answer, and Orleans looks whether those have been silent for long enough to be voted out only when the list changes; where nobody is left nothing changes it for five
/// minutes. So while such silos are in the list this one writes its own row anew, unchanged: what follows from that, the probes and the vote, is Orleans' own. Ends once the
/// silo is active. Runs beside one silo, in its host, and begins before it.
/// </summary>
/// <param name="table">The list.</param>
/// <param name="silo">This silo.</param>
/// <param name="silence">After how long without a sign of life Orleans calls a silo stale.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where that is told.</param>
internal sealed partial class JoiningWatch(IMembershipTable table, ILocalSiloDetails silo, TimeSpan silence, TimeProvider time, ILogger<JoiningWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        do
            await Task.Delay(Period, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!stoppingToken.IsCancellationRequested && !await IsActiveAsync(stoppingToken));
    }

    /// <summary>Whether the silo has joined. If it cannot because of silos that are silent, changes the list.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Each provider throws what it likes; the next look will tell.")]
    private async Task<bool> IsActiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            var list = await table.ReadAllAsync(cancellationToken);
            var (own, etag) = list.Members.FirstOrDefault(member => member.Item1.SiloAddress.Equals(silo.SiloAddress)) ?? new(null!, null!);
            if (own?.Status == SiloStatus.Active)
                return true;
            if (own?.Status == SiloStatus.Joining && list.Members.Any(member => IsSilent(member.Item1)) && await table.UpdateRowAsync(own, etag, list.Version.Next(), cancellationToken))
                LogLooksAgain(logger);
        }
        catch (Exception failure)
        {
            LogUnreadable(logger, failure);
        }

        return false;
    }

    private bool IsSilent(MembershipEntry other) =>
        other.Status == SiloStatus.Active && time.GetUtcNow().UtcDateTime - (other.StartTime > other.IAmAliveTime ? other.StartTime : other.IAmAliveTime) > silence;

    [LoggerMessage(1, LogLevel.Information, "Silos that are named as active have been silent for long: the list is looked through again, so that they are voted out and this one can join")]
    private static partial void LogLooksAgain(ILogger logger);

    [LoggerMessage(2, LogLevel.Debug, "The list of silos could not be read or changed")]
    private static partial void LogUnreadable(ILogger logger, Exception failure);
}
