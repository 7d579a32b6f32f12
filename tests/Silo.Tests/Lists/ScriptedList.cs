using System.Collections.Immutable;
using System.Net;
using System.Threading.Channels;

namespace OrleansLimiter.Silo.Tests.Lists;

/// <summary>
/// A list of silos that says what a test has it say, and the silo that is in it. A read that is given no answer waits for one, and no
/// longer than its caller.
/// </summary>
internal sealed class ScriptedList : IMembershipTable, ILocalSiloDetails, IClusterMembershipService
{
    private readonly Channel<Func<MembershipTableData>> _answers = Channel.CreateUnbounded<Func<MembershipTableData>>();
    private readonly Channel<bool> _reads = Channel.CreateUnbounded<bool>();

    public SiloAddress SiloAddress { get; } = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11_111), 1);

    public ClusterMembershipSnapshot CurrentSnapshot { get; private set; } = null!;

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

    public string Name => "silo";

    public string ClusterId => "cluster";

    public string DnsHostName => "host";

    public SiloAddress GatewayAddress => SiloAddress;

    /// <summary>What the keys were deleted of, in order.</summary>
    public List<string> Deleted { get; } = [];

    /// <summary>Has the silo know a list.</summary>
    public ScriptedList Know(SiloStatus status, int version)
    {
        var members = ImmutableDictionary<SiloAddress, ClusterMember>.Empty.Add(SiloAddress, new ClusterMember(SiloAddress, status, Name));
        CurrentSnapshot = new ClusterMembershipSnapshot(members, new MembershipVersion(version));
        return this;
    }

    /// <summary>Has the next read find the silo's row.</summary>
    public void Say(SiloStatus status, int version) => _answers.Writer.TryWrite(() =>
        new MembershipTableData(
            Tuple.Create(new MembershipEntry { SiloAddress = SiloAddress, Status = status }, "etag"), new TableVersion(version, "etag")));

    /// <summary>Has the next read find a list without the silo.</summary>
    public void SayAbsent(int version) => _answers.Writer.TryWrite(() => new MembershipTableData(new TableVersion(version, "etag")));

    /// <summary>Has the next read fail.</summary>
    public void Fail(Exception failure) => _answers.Writer.TryWrite(() => throw failure);

    /// <summary>Waits until the list is read.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken) => await _reads.Reader.ReadAsync(cancellationToken);

    public Task<MembershipTableData> ReadRow(SiloAddress key) => throw new NotSupportedException();

    public async Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken = default)
    {
        _reads.Writer.TryWrite(true);
        return (await _answers.Reader.ReadAsync(cancellationToken))();
    }

    public Task<MembershipTableData> ReadAll() => ReadRowAsync(SiloAddress, CancellationToken.None);

    public Task InitializeMembershipTable(bool tryInitTableVersion) =>
        tryInitTableVersion ? throw new NotSupportedException() : Task.CompletedTask;

    public Task DeleteMembershipTableEntries(string clusterId)
    {
        Deleted.Add(clusterId);
        return Task.CompletedTask;
    }

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => throw new NotSupportedException();

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => throw new NotSupportedException();

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => throw new NotSupportedException();

    public Task UpdateIAmAlive(MembershipEntry entry) => throw new NotSupportedException();

    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
}
