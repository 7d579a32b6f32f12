using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests;

public class WithTheMemoryEngineTests
{
    [Fact]
    public async Task A_tenant_that_fills_its_quarter_of_the_table_costs_no_other_tenant_a_key()
    {
        (string, string?)[] values = [("Limiter:MaxKeys", "8")];
        var settings = Configured.Development(values);
        var time = new FakeTimeProvider();
        using var engine = new MemoryEngine(
            new MemoryEngineOptions { MaxKeys = settings.MaxKeys, MaxKeysPerTenant = settings.MaxKeysPerTenant }, time);
        using var rig = new Rig(engine, time, values);
        var crowd = rig.Handle("default");
        Assert.True((await rig.Ask(crowd, subject: "a")).IsAllowed);
        Assert.True((await rig.Ask(crowd, subject: "b")).IsAllowed);

        var third = await rig.Ask(crowd, subject: "c");
        Assert.Equal((LimitAnswerKind.Unavailable, EngineFaultKind.KeyTableFull, false), (third.Kind, third.Fault.Kind, third.IsAllowed));
        Assert.True((await rig.Ask(crowd, subject: "a")).IsAllowed);
        Assert.True((await rig.Ask(rig.Handle("default", "dev-pro-key"), subject: "c")).IsAllowed);
    }

    [Fact]
    public void A_decision_on_a_known_key_allocates_nothing_from_the_handle_to_the_answer()
    {
        var time = new FakeTimeProvider();
        using var engine = new MemoryEngine(new MemoryEngineOptions(), time);
        using var rig = new Rig(engine, time);
        Assert.Equal(0, rig.AllocatedBy("unlimited-bench", Operation.Acquire));
        Assert.Equal(0, rig.AllocatedBy("default", Operation.Acquire));
    }
}
