using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory.Valve;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Tests.Queue;

/// <summary>
/// A valve that stores what it promises only after it has answered: who joins is joining, and the first poll after that still waits for
/// nobody. Safe for use by many threads.
/// </summary>
internal sealed class StoringValve(MemoryValve valve) : IPassingValve
{
    private int _polls;

    public string Source => "cluster";

    MemoryValve IPassingValve.Valve => valve;

    public async ValueTask<ValveReply<ValveAnswer>> JoinAsync(SaleId sale, UserId user, CancellationToken cancellationToken)
    {
        var reply = await valve.JoinAsync(sale, user, cancellationToken);
        return ValveReply.Of(reply.Value
            with
        {
            State = QueueState.Joining,
            Place = 0,
            Position = null,
            Eta = null,
            Admission = null,
            PollAfter = Wait.OfMicroseconds(250_000)
        });
    }

    public async ValueTask<ValveReply<ValveAnswer>> PollAsync(SaleId sale, UserId user, CancellationToken cancellationToken)
    {
        var reply = await valve.PollAsync(sale, user, cancellationToken);
        return Interlocked.Increment(ref _polls) == 1
            ? ValveReply.Of(reply.Value with { State = QueueState.Waiting, Position = 1, Eta = Wait.OfMicroseconds(0), Admission = null })
            : reply;
    }
}
