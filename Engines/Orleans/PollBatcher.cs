using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// The polls of one sale on their way to its actor: one call is under way at a time, and whoever asks meanwhile goes with the next. So a
/// line of any length costs the actor a few calls for each front end, and a lone poll waits for nobody. Every answer is the actor's own.
/// Safe for many threads.
/// </summary>
/// <param name="ask">Asks for these people; answers for each in order, or throws for all.</param>
internal sealed class PollBatcher(Func<IReadOnlyList<UserId>, Task<IReadOnlyList<ValveReply<ValveAnswer>>>> ask)
{
    /// <summary>The most people that one call asks for.</summary>
    public const int MostTogether = 1_000;

    private readonly Lock _gate = new();
    private readonly Queue<(UserId User, TaskCompletionSource<ValveReply<ValveAnswer>> Answer)> _waiting = [];
    private bool _isAsking;

    /// <summary>Asks for one person.</summary>
    /// <param name="user">The person.</param>
    /// <param name="cancellationToken">The caller's patience. A caller who goes is asked for all the same.</param>
    /// <returns>The answer.</returns>
    public async ValueTask<ValveReply<ValveAnswer>> AskAsync(UserId user, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<ValveReply<ValveAnswer>>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isFirst;
        lock (_gate)
        {
            _waiting.Enqueue((user, answer));
            isFirst = !_isAsking;
            _isAsking = true;
        }

        if (isFirst)
            _ = AskForAllAsync();
        return await answer.Task.WaitAsync(cancellationToken);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Each caller is thrown what was thrown; the next call is made all the same.")]
    private async Task AskForAllAsync()
    {
        while (TakeSome() is { Count: > 0 } some)
        {
            try
            {
                var replies = await ask([.. some.Select(waiting => waiting.User)]);
                for (var i = 0; i < some.Count; i++)
                    some[i].Answer.TrySetResult(replies[i]);
            }
            catch (Exception failure)
            {
                foreach (var (_, answer) in some)
                    answer.TrySetException(failure);
            }
        }
    }

    private List<(UserId User, TaskCompletionSource<ValveReply<ValveAnswer>> Answer)> TakeSome()
    {
        var some = new List<(UserId, TaskCompletionSource<ValveReply<ValveAnswer>>)>();
        lock (_gate)
        {
            while (some.Count < MostTogether && _waiting.TryDequeue(out var waiting))
                some.Add(waiting);
            _isAsking = some.Count > 0;
        }

        return some;
    }
}
