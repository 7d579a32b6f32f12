using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>A hub without limits.</summary>
public sealed class PlainHub : Hub
{
    /// <summary>Says what it is told.</summary>
    public string Say(string text) => $"{text} {Context.ConnectionId.Length > 0}";
}

/// <summary>A hub whose connections are limited.</summary>
[RequireLimit("wide")]
public sealed class LimitedHub : Hub
{
    /// <summary>Says what it is told.</summary>
    public string Say(string text) => $"{text} {Context.ConnectionId.Length > 0}";
}

/// <summary>What a method of <see cref="MethodsHub"/> waits for.</summary>
public sealed class Door
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Somebody waits.</summary>
    public Task Entered => _entered.Task;

    /// <summary>Lets all go.</summary>
    public void Open() => _open.TrySetResult();

    /// <summary>Waits.</summary>
    public Task WaitAsync()
    {
        _entered.TrySetResult();
        return _open.Task;
    }
}

/// <summary>A hub whose methods are limited.</summary>
public sealed class MethodsHub(Door door) : Hub
{
    /// <summary>Without a limit.</summary>
    public int Free() => Context.ConnectionId.Length;

    /// <summary>One a minute.</summary>
    [RequireLimit("tight")]
    public string Say(string text) => $"{text} {Context.ConnectionId.Length > 0}";

    /// <summary>Under two limits, the first of which is the wider one.</summary>
    [RequireLimit("wide", Cost = 2)]
    [RequireLimit("tight")]
    public int Costly() => Context.ConnectionId.Length;

    /// <summary>Answers in a stream.</summary>
    [RequireLimit("tight")]
    public async IAsyncEnumerable<int> Count([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return 1;
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        yield return Context.ConnectionId.Length > 0 ? 2 : 0;
    }

    /// <summary>One at a time.</summary>
    [RequireLimit("places")]
    public Task Wait() => door.WaitAsync();

    /// <summary>In turn.</summary>
    [RequireLimit("leaky")]
    public int InTurn() => Context.ConnectionId.Length;
}

/// <summary>Hubs with a limit where none can work.</summary>
public static class WrongHubs
{
    /// <summary>Of no policy.</summary>
    public sealed class Unknown : Hub
    {
        /// <summary>Cannot be limited so.</summary>
        [RequireLimit("nope")]
        public int Say() => Context.ConnectionId.Length;
    }

    /// <summary>On a method of the connection's life.</summary>
    public sealed class OnConnected : Hub
    {
        /// <inheritdoc />
        [RequireLimit("tight")]
        public override Task OnConnectedAsync() => base.OnConnectedAsync();
    }

    /// <summary>On a method that nobody can invoke.</summary>
    public sealed class Hidden : Hub
    {
        /// <summary>Invokes it.</summary>
        public int Say() => Inner();

        [RequireLimit("tight")]
        private int Inner() => Context.ConnectionId.Length;
    }

    /// <summary>Before authentication, which is long past.</summary>
    public sealed class Early : Hub
    {
        /// <summary>Cannot be limited so.</summary>
        [RequireLimit("tight", BeforeAuthentication = true)]
        public int Say() => Context.ConnectionId.Length;
    }

    /// <summary>A place for a stream.</summary>
    public sealed class Streaming : Hub
    {
        /// <summary>Cannot be limited so.</summary>
        [RequireLimit("places")]
        public Task<ChannelReader<int>> Count() => Task.FromResult(Channel.CreateBounded<int>(Context.ConnectionId.Length).Reader);
    }

    /// <summary>By the route.</summary>
    public sealed class Room : Hub
    {
        /// <summary>Can be limited so where there is no long polling.</summary>
        [RequireLimit("room")]
        public int Say() => Context.ConnectionId.Length;
    }
}
