using System.Diagnostics.CodeAnalysis;
using Orleans.Clustering.Redis;
using StackExchange.Redis;

namespace OrleansLimiter.Silo;

/// <summary>
/// Looks whether a silo is in the list of silos, and whether that is still the list which it joined. A Redis that does not answer says
/// nothing of it; one that answers without the list, without the silo, or with a list older than what the silo knows, has lost it. Used by
/// one caller at a time.
/// </summary>
/// <param name="table">The list.</param>
/// <param name="silo">The silo.</param>
/// <param name="membership">What the silo knows of the list.</param>
internal sealed class ListedSilo(IMembershipTable table, ILocalSiloDetails silo, IClusterMembershipService membership)
{
    private bool _wentBack;

    /// <summary>Looks once.</summary>
    /// <returns>What the list says, and the failure where it is unknown.</returns>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whatever does not say that the list is lost says nothing.")]
    public async Task<(SiloListing SiloListing, Exception? Failure)> LookAsync(CancellationToken cancellationToken)
    {
        // Before the list is read: what the silo knows came from it, so it can be newer than that, and not older.
        var known = membership.CurrentSnapshot;
        try
        {
            return (Judge(known, await table.ReadRowAsync(silo.SiloAddress, cancellationToken)), null);
        }
        catch (Exception failure)
        {
            return (IsLost(failure) ? SiloListing.Lost : SiloListing.Unknown, failure);
        }
    }

    /// <summary>
    /// Whether a failure to read the list says that there is none: its version, which every list has from its first moment, is missing, or
    /// its key holds something else.
    /// </summary>
    public static bool IsLost(Exception failure) => failure is RedisClusteringException || IsOfAnotherType(failure);

    /// <summary>Whether a failure to read the list says that its key holds something that is no list.</summary>
    public static bool IsOfAnotherType(Exception failure) => failure is RedisServerException { Kind: RedisErrorKind.WrongType };

    private SiloListing Judge(ClusterMembershipSnapshot known, MembershipTableData list)
    {
        // It wrote its row when it began to join, and has not begun to leave.
        if (!known.Members.TryGetValue(silo.SiloAddress, out var self) || self.Status is not (SiloStatus.Joining or SiloStatus.Active))
            return SiloListing.Listed;

        // Orleans ignores a list until its version is above what it knows. One that fell behind and caught up is still another one than
        // this silo knows.
        var ahead = list.Version.Version - known.Version.Value;
        _wentBack = ahead < 0 || _wentBack && ahead == 0;
        if (_wentBack || list.Members.Count == 0)
            return SiloListing.Lost;
        return list.Members.All(member => member.Item1.Status == SiloStatus.Dead) ? SiloListing.VotedOut : SiloListing.Listed;
    }
}
