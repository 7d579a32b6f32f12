using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>No cluster, or a sick one, is a fault and never a refusal or an exception.</summary>
public sealed class EngineFaultTests
{
    private static readonly LimitRequest Request = new(TestSilos.Key("one"), TestSilos.TenASecond, Operation.Acquire, Permits.One);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<Exception, EngineFaultKind> Faults => new()
    {
        { new TimeoutException(), EngineFaultKind.DeadlineExceeded },
        { new SiloUnavailableException(), EngineFaultKind.Unavailable },
        { new OrleansException("No gateways available"), EngineFaultKind.Unavailable },
        { new global::Orleans.Runtime.Messaging.ConnectionFailedException("refused"), EngineFaultKind.Unavailable },
        { new OperationCanceledException(), EngineFaultKind.Unavailable },
        { new ObjectDisposedException("client"), EngineFaultKind.Unavailable },
        { new TypeLoadException("Unable to resolve type alias"), EngineFaultKind.Unavailable },
        { new global::Orleans.Serialization.UnknownReferencedTypeException(1), EngineFaultKind.Unavailable },
        { new GatewayTooBusyException(), EngineFaultKind.Overloaded },
        { new LimitExceededException(), EngineFaultKind.Overloaded },
        { new InvalidOperationException("stalled"), EngineFaultKind.Unavailable },
        { new InvalidCastException(), EngineFaultKind.Unavailable },
        { new OverflowException(), EngineFaultKind.Unavailable },
        { new NotSupportedException("by this codec"), EngineFaultKind.Unavailable },
        { new AggregateException(new IOException()), EngineFaultKind.Unavailable },
        { new StrangeException(), EngineFaultKind.Unavailable },
    };

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public async Task What_a_failing_call_throws_is_a_transient_fault(Exception exception, EngineFaultKind expected)
    {
        var engine = EngineOver(ScriptedGrains.Answering(_ => Task.FromException<Grains.LimitReplyMessage>(exception)));

        var fault = (await engine.ExecuteAsync(Request, Cancellation)).Fault;

        Assert.Equal(expected, fault.Kind);
        Assert.True(fault.IsTransient);
        Assert.Equal(Wait.OfMicroseconds(1_000_000), fault.RetryAfter);
    }

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public async Task What_a_failing_call_throws_is_a_fault_of_the_valve_too(Exception exception, EngineFaultKind expected)
    {
        var gate = new ClusterGate();
        gate.Open(ScriptedGrains.Failing(exception));
        var valve = new OrleansValve(gate);
        var (sale, user) = (SaleId.Of("sale"), UserId.Of("000001"));

        Assert.Equal(expected, (await valve.JoinAsync(sale, user, Cancellation)).Fault.Kind);
        Assert.Equal(expected, (await valve.PollAsync(sale, user, Cancellation)).Fault.Kind);
        Assert.Equal(expected, (await valve.KeepAsync(sale, user, Wait.OfMicroseconds(1), Cancellation)).Kind);
        Assert.Equal(expected, (await valve.LeaveAsync(sale, user, Cancellation)).Fault.Kind);
        Assert.Equal(expected, (await valve.StatusAsync(sale, Cancellation)).Fault.Kind);
        Assert.Equal(expected, (await valve.CommandAsync(sale, ValveCommand.Close, Cancellation)).Fault.Kind);
        Assert.Equal(expected, (await valve.DrawAsync(sale, Cancellation)).Fault.Kind);
    }

    [Fact]
    public async Task The_callers_deadline_ends_a_call_that_is_not_answered()
    {
        using var deadline = new CancellationTokenSource();
        var unanswered = new TaskCompletionSource<Grains.LimitReplyMessage>();
        var engine = EngineOver(ScriptedGrains.Answering(token => unanswered.Task.WaitAsync(token)));

        var call = engine.ExecuteAsync(Request, deadline.Token).AsTask();
        await deadline.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.ExecuteAsync(Request, deadline.Token).AsTask());
    }

    [Fact]
    public async Task A_client_that_does_not_know_the_actors_yet_or_any_more_is_unavailable()
    {
        foreach (var failure in (Exception[])[
            new ArgumentException("Could not find an implementation"), new ObjectDisposedException("client"), new StrangeException()])
            Assert.Equal(EngineFaultKind.Unavailable,
                (await EngineOver(ScriptedGrains.Lacking(failure)).ExecuteAsync(Request, Cancellation)).Fault.Kind);
    }

    [Fact]
    public async Task Without_a_cluster_the_engine_is_unavailable_at_once_and_joins_when_one_appears()
    {
        await using var silos = await TestSilos.StartAsync(count: 1);
        var gate = new ClusterGate();
        var engine = new OrleansEngine(gate);

        Assert.Equal(EngineFaultKind.Unavailable, (await engine.ExecuteAsync(Request, Cancellation)).Fault.Kind);
        gate.Open(silos.Cluster.Client);
        Assert.Equal(9, (await engine.ExecuteAsync(Request, Cancellation)).Decision.Remaining);
        gate.Close();
        Assert.Equal(EngineFaultKind.Unavailable, (await engine.ExecuteAsync(Request, Cancellation)).Fault.Kind);
    }

    [Fact]
    public void A_setting_out_of_its_bounds_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(new Grains.LimitGrainOptions { MaxActiveKeys = 0 }.Validate);
        Assert.Throws<ArgumentOutOfRangeException>(new Grains.LimitGrainOptions { SnapshotInterval = TimeSpan.Zero }.Validate);
        Assert.Throws<ArgumentOutOfRangeException>(new Grains.LimitGrainOptions { SnapshotInterval = TimeSpan.FromHours(2) }.Validate);
    }

    private static OrleansEngine EngineOver(IGrainFactory grains)
    {
        var gate = new ClusterGate();
        gate.Open(grains);
        return new OrleansEngine(gate);
    }

    private sealed class StrangeException : Exception;
}
