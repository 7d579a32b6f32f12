using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>Snapshots that earlier builds wrote are read, and answered as those builds did.</summary>
public sealed class StoredSnapshotTests
{
    [Theory]
    [InlineData("snapshots-0b46744.txt")]
    public async Task A_snapshot_that_an_earlier_build_wrote_is_answered_as_that_build_did(string written)
    {
        await using var silos = await TestSilos.StartAsync(options => options.SnapshotInterval = TimeSpan.FromHours(1));
        var cancellation = TestContext.Current.CancellationToken;
        await using var play = await new OrleansTarget(silos, restartsOnceIn: 0)
            .StartAsync(new Instant(1_795_308_217_000_000), cancellation);
        var payloads = StoredPayload.ReadAll(typeof(StoredSnapshotTests).Assembly, written);
        Assert.Equal(StoredLives.Specs.Count, payloads.Count);
        foreach (var payload in payloads)
        {
            var subject = StoredLives.SubjectOf(payload.Index);
            silos.Disk.Put(TestSilos.CommonIdOf(subject), BinaryData.FromString(payload.Stored[0]));

            var look = await StoredLives.LookAsync(
                play, TestSilos.Key(subject), StoredLives.Specs[payload.Index], payload.Lease, cancellation);

            Assert.Equal(payload.Look, look);
        }
    }
}
