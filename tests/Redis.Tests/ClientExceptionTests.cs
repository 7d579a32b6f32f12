using System.Net.Sockets;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis.Valve;
using OrleansLimiter.Redis.Tests.Valve;
using OrleansLimiter.Valve;
using StackExchange.Redis;
using Xunit;
using static OrleansLimiter.Redis.Tests.TestEngine;

namespace OrleansLimiter.Redis.Tests;

/// <summary>
/// Whatever the client library throws, of whatever type, from its task or at once, is a fault of the engine and of the valve: nothing of it
/// becomes a failed request.
/// </summary>
public sealed class ClientExceptionTests
{
    private static readonly (string Name, Func<Exception> Make, EngineFaultKind Fault)[] Known =
    [
        ("timeout", () => new TimeoutException(), EngineFaultKind.DeadlineExceeded),
        ("the library's timeout", () => new RedisTimeoutException(CommandFlags.None, "late", CommandStatus.Sent),
            EngineFaultKind.DeadlineExceeded),
        ("full", () => new RedisServerException(RedisErrorKind.Unknown, CommandFlags.None, "OOM command not allowed"),
            EngineFaultKind.Overloaded),
        ("busy", () => new RedisServerException(RedisErrorKind.Unknown, CommandFlags.None, "BUSY Redis is busy running a script"),
            EngineFaultKind.Overloaded),
        ("full, within a script", () =>
            new RedisServerException(RedisErrorKind.Unknown, CommandFlags.None,
            "ERR Error running script: @user_script: 12: -OOM command not allowed"), EngineFaultKind.Overloaded),
        ("an error that nobody knows", () => new RedisServerException(RedisErrorKind.Unknown, CommandFlags.None, "XYZZY what is this"),
            EngineFaultKind.Unavailable),
        ("no connection", () => new RedisConnectionException(
            ConnectionFailureType.SocketFailure, CommandFlags.None, "lost", null, CommandStatus.Unknown), EngineFaultKind.Unavailable),
        ("no command", () => new RedisCommandException("not possible"), EngineFaultKind.Unavailable),
        ("invalid operation", () => new InvalidOperationException("stalled"), EngineFaultKind.Unavailable),
        ("not supported", () => new NotSupportedException("by this server"), EngineFaultKind.Unavailable),
        ("cancelled", () => new TaskCanceledException(), EngineFaultKind.Unavailable),
        ("disposed", () => new ObjectDisposedException("multiplexer"), EngineFaultKind.Unavailable),
        ("socket", () => new SocketException((int)SocketError.ConnectionReset), EngineFaultKind.Unavailable),
        ("stream", () => new IOException("torn"), EngineFaultKind.Unavailable),
        ("argument", () => new ArgumentException("unexpected"), EngineFaultKind.Unavailable),
        ("cast", () => new InvalidCastException(), EngineFaultKind.Unavailable),
        ("arithmetic", () => new OverflowException(), EngineFaultKind.Unavailable),
        ("several", () => new AggregateException(new InvalidOperationException()), EngineFaultKind.Unavailable),
        ("a type of its own", () => new StrangeException(), EngineFaultKind.Unavailable),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_exception_is_a_fault_of_the_engine(bool isAtOnce)
    {
        await using var server = await RedisServer.StartAsync();
        Exception? thrown = null;
        using var engine = await ConnectAsync(
            server, options => options.Decorate = database => ThrowingDatabase.Around(database, () => thrown, isAtOnce));
        foreach (var (name, make, fault) in Known)
        {
            thrown = make();
            foreach (var operation in (Operation[])[Operation.Acquire, Operation.Peek, Operation.Refund, Operation.Reset])
                Assert.Equal((name, fault), (name, (await engine.AskAsync(Request("one", TenAnHour, operation))).Fault.Kind));
        }

        thrown = null;
        Assert.Equal(9, (await engine.DecideAsync(Request("one", TenAnHour))).Remaining);
        Assert.Equal(0, engine.Unanswered);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_exception_is_a_fault_of_the_valve_whatever_is_asked(bool isAtOnce)
    {
        await using var server = await RedisServer.StartAsync();
        Exception? thrown = null;
        using var valve = await TestValve.ConnectAsync(
            server, options => options.Decorate = database => ThrowingDatabase.Around(database, () => thrown, isAtOnce));
        await valve.SetUpAsync(TestValve.OpenSpec(TestValve.Slow));
        var admission = (await valve.JoinAsync(1)).Admission!.Value;
        foreach (var (name, make, fault) in Known)
        {
            thrown = make();
            foreach (var call in CallsOf(valve, admission))
                Assert.Equal((name, fault), (name, (await call()).Kind));
        }

        thrown = null;
        Assert.Equal(2, (await valve.JoinAsync(2)).Place);
    }

    [Fact]
    public async Task An_operation_that_an_algorithm_has_not_is_an_answer_and_no_fault()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        var queue = LimitSpec.Of(Core.Algorithms.Algorithm.LeakyBucket, Bandwidth.Of(10, TimeSpan.FromHours(1)));

        await Assert.ThrowsAsync<NotSupportedException>(() => engine.AskAsync(Request("one", queue, Operation.Refund)).AsTask());
    }

    private static Func<Task<EngineFault>>[] CallsOf(RedisValve valve, Admission admission) =>
    [
        async () => (await valve.SetUpAsync(TestValve.OpenSpec(TestValve.Slow), Token)).Fault,
        async () => (await valve.JoinAsync(TestValve.Sale, TestValve.User(1), Token)).Fault,
        async () => (await valve.PollAsync(TestValve.Sale, TestValve.User(1), Token)).Fault,
        async () => await valve.KeepAsync(TestValve.Sale, TestValve.User(1), Wait.OfMicroseconds(1_000), Token),
        async () => (await valve.LeaveAsync(TestValve.Sale, TestValve.User(1), Token)).Fault,
        async () => (await valve.CompleteAsync(admission, Token)).Fault,
        async () => (await valve.AbandonAsync(admission, Token)).Fault,
        async () => (await valve.CommandAsync(TestValve.Sale, ValveCommand.Close, Token)).Fault,
        async () => (await valve.StatusAsync(TestValve.Sale, Token)).Fault,
        async () => (await valve.DrawAsync(TestValve.Sale, Token)).Fault,
    ];

    private sealed class StrangeException : Exception;
}
