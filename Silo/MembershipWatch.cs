namespace OrleansLimiter.Silo;

/// <summary>
/// Ends the process of a silo whose list of silos was lost: Redis came back empty, was replaced by another, or by an older copy of itself.
/// Left to itself such a silo goes on for ever beside those that join later, each with a count of its own for the same keys; started anew
/// it joins them. It ends as Orleans ends a silo that was voted out, since leaving in good order means writing to that list; one that was
/// voted out and has not heard of it yet ends too. Runs beside one silo, in its host, from before its start until it begins to stop.
/// </summary>
/// <param name="listed">Looks whether the silo is in the list.</param>
/// <param name="end">Ends the process, for a reason.</param>
/// <param name="time">The clock of the looks.</param>
/// <param name="logger">Where that is told.</param>
/// <param name="stopping">The silo begins to stop.</param>
internal sealed partial class MembershipWatch(
    ListedSilo listed, Action<string> end, TimeProvider time, ILogger<MembershipWatch> logger, CancellationToken stopping)
        : BackgroundService
{
    /// <summary>From one look to the next.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private const int LooksInVain = 3;
    private const string LostReason =
        "The list of silos that this silo joined is lost, as if Redis had come back empty or older: it ends, and joins when it is started "
        + "anew";
    private const string VotedOutReason =
        "The other silos have voted this silo out, because they did not hear of it for a while: it ends, and joins when it is started anew";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, stopping);
        var listing = SiloListing.Unknown;
        for (var inVain = 0; inVain < LooksInVain;)
        {
            await Task.Delay(Period, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            listing = either.IsCancellationRequested ? SiloListing.Unknown : await LookAsync(either.Token);
            if (either.IsCancellationRequested)
                return;

            // A look that says nothing unsays nothing either: a Redis that answers now and then has lost the list all the same.
            inVain = listing switch
            {
                SiloListing.Listed => 0,
                SiloListing.Unknown => inVain,
                _ => inVain + 1,
            };
        }

        if (listing == SiloListing.VotedOut)
            LogVotedOut(logger);
        else
            LogLost(logger);
        end(listing == SiloListing.VotedOut ? VotedOutReason : LostReason);
    }

    private async Task<SiloListing> LookAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var (listing, failure) = await listed.LookAsync(either.Token);
        if (failure is not null)
            LogUnreadable(logger, failure);
        return listing;
    }

    [LoggerMessage(1, LogLevel.Error, LostReason)]
    private static partial void LogLost(ILogger logger);

    [LoggerMessage(3, LogLevel.Error, VotedOutReason)]
    private static partial void LogVotedOut(ILogger logger);

    [LoggerMessage(2, LogLevel.Debug, "The list of silos could not be read")]
    private static partial void LogUnreadable(ILogger logger, Exception failure);
}
