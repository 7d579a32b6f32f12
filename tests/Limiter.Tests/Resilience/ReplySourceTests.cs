using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter.Tests.Resilience;

public class ReplySourceTests
{
    private static readonly LimitSpec Newer = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(5, TimeSpan.FromSeconds(1)));

    [Fact]
    public void A_reply_is_the_engines_unless_it_is_said_otherwise_and_keeps_what_it_says()
    {
        var decided = EngineReply.Decided(new Decision { Remaining = 3 }, Newer);
        Assert.Equal(ReplySource.Engine, decided.Source);
        Assert.Equal((ReplySource.Engine, Newer), (decided.From(ReplySource.Engine).Source, decided.From(ReplySource.Engine).NewerSpec));
        var local = decided.From(ReplySource.Local);
        Assert.Equal((ReplySource.Local, 3L, false), (local.Source, local.Decision.Remaining, local.IsFault));
        Assert.Null(local.NewerSpec);

        var fault = new EngineFault(EngineFaultKind.Overloaded, Wait.OfMicroseconds(7));
        Assert.Equal(fault, EngineReply.Failed(fault).From(ReplySource.Local).Fault);
        Assert.Equal(ReplySource.Engine, EngineReply.Failed(fault).From(ReplySource.Local).From(ReplySource.Engine).Source);
    }

    [Fact]
    public void Saying_who_made_it_makes_no_reply_larger() =>
        Assert.Equal(Unsafe.SizeOf<Decision>() + 2 * IntPtr.Size, Unsafe.SizeOf<EngineReply>());

    [Theory]
    [InlineData(EngineFaultKind.Unavailable, true)]
    [InlineData(EngineFaultKind.DeadlineExceeded, true)]
    [InlineData(EngineFaultKind.Overloaded, true)]
    [InlineData(EngineFaultKind.None, false)]
    [InlineData(EngineFaultKind.KeyTableFull, false)]
    [InlineData(EngineFaultKind.RequestIdReused, false)]
    public void Another_may_answer_only_for_an_engine_that_is_away(EngineFaultKind kind, bool isAway) =>
        Assert.Equal(isAway, new EngineFault(kind, default).IsAway);

    [Fact]
    public async Task The_answer_names_who_made_the_reply_and_so_do_the_metrics()
    {
        var engine = new ScriptedEngine { Source = "cluster" };
        using var rig = new Rig(engine);
        engine.Answers(EngineReply.Decided(new Decision()).From(ReplySource.Local));
        Assert.Equal("local", (await rig.Ask(rig.Handle("default"))).Source);
        engine.Answers(EngineReply.Failed(EngineFault.KeyTableFull).From(ReplySource.Local));
        Assert.Equal("local", (await rig.Ask(rig.Handle("default"))).Source);
        engine.Answers(EngineReply.Failed(EngineFault.RequestIdReused).From(ReplySource.Local));
        Assert.Equal("local", (await rig.Ask(rig.Handle("default"))).Source);
        engine.Answers(EngineReply.Decided(new Decision()));
        Assert.Equal("cluster", (await rig.Ask(rig.Handle("default"))).Source);
        Assert.Equal("cluster", rig.Service.Source);
        Assert.Equal(0, rig.AllocatedBy("default", Operation.Acquire));
        engine.Answers(EngineReply.Decided(new Decision()).From(ReplySource.Local));
        Assert.Equal(0, rig.AllocatedBy("default", Operation.Acquire));
    }
}
