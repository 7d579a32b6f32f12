using System.Diagnostics.Metrics;
using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Limiter.Tests;

public class AllocationTests
{
    private const int Rounds = Rig.Rounds;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_decision_that_comes_at_once_allocates_nothing_whether_or_not_someone_listens(bool isMeasured)
    {
        var engine = new ScriptedEngine();
        using var rig = new Rig(engine);
        using var listener = new MeterListener();
        var measured = 0L;
        if (isMeasured)
        {
            listener.InstrumentPublished = (instrument, l) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, rig.Meters))
                    l.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<long>((_, _, _, _) => measured++);
            listener.SetMeasurementEventCallback<double>((_, _, _, _) => measured++);
            listener.Start();
        }

        Assert.Equal(0, rig.AllocatedBy("default", Operation.Acquire));
        Assert.Equal(0, rig.AllocatedBy("default", Operation.Peek));
        engine.Answers(EngineReply.Decided(new Decision { Outcome = Outcome.Limited }));
        Assert.Equal(0, rig.AllocatedBy("default", Operation.Acquire));
        engine.Answers(EngineReply.Failed(EngineFault.KeyTableFull));
        Assert.Equal(0, rig.AllocatedBy("default", Operation.Acquire));
        Assert.Equal(isMeasured, measured > 4 * Rounds);
    }

    [Fact]
    public void Finding_a_tenant_allocates_nothing()
    {
        var tenants = Configured.Development(("Tenants:0:Name", "acme"), ("Tenants:0:KeySha256", Keys.HashOf(Keys.Acme))).Tenants;
        var found = 0;
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Rounds; i++)
                found += tenants.TryFind(Keys.Acme, out _) && tenants.TryFind(null, out _) && !tenants.TryFind(Keys.Other, out _) ? 1 : 0;
            if (round == 1)
                Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(2 * Rounds, found);
    }
}
