using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Limiter.Tests;

public class FaultLogTests
{
    [Fact]
    public async Task Faults_are_logged_once_a_second_and_kind_with_their_number_and_without_keys()
    {
        var engine = new ScriptedEngine();
        using var rig = new Rig(engine);
        var handle = rig.Handle("default");

        engine.Answers(EngineReply.Failed(EngineFault.KeyTableFull));
        await Ask(1000);
        engine.Answers(EngineReply.Failed(new EngineFault(EngineFaultKind.Overloaded, default)));
        await Ask(1);
        engine.Answers(EngineReply.Failed(EngineFault.KeyTableFull));
        rig.Time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        await Ask(1);
        rig.Time.Advance(TimeSpan.FromTicks(1));
        await Ask(3);

        Assert.Equal(
            [
                "Warning EngineFault: The engine could not decide (KeyTableFull), 1 times since the last such line; source memory, last "
                    + "under policy default.",
                "Warning EngineFault: The engine could not decide (Overloaded), 1 times since the last such line; source memory, last "
                    + "under policy default.",
                "Warning EngineFault: The engine could not decide (KeyTableFull), 1001 times since the last such line; source memory, last "
                    + "under policy default.",
            ],
            rig.Logger.Lines);

        async Task Ask(int times)
        {
            for (var i = 0; i < times; i++)
                await rig.Ask(handle, subject: "alice@example.org");
        }
    }
}
