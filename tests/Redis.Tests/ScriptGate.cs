using System.Collections.Concurrent;
using System.Reflection;
using OrleansLimiter.Engines.Redis;
using StackExchange.Redis;

namespace OrleansLimiter.Redis.Tests;

/// <summary>Holds the server's replies back while a test likes, and remembers which scripts were called. Safe for many threads.</summary>
internal sealed class ScriptGate
{
    /// <summary>Every script that decides under a spec.</summary>
    public static readonly IReadOnlyList<Script> Deciding = [.. Script.OfAlgorithms, .. Script.OfBatches.OfType<Script>()];

    private readonly ConcurrentQueue<string> _called = new();
    private TaskCompletionSource? _closed;

    /// <summary>The names of the scripts that decide which were called since this was last asked, by hash or by text.</summary>
    public IReadOnlyList<string> TakeCalled()
    {
        var called = new List<string>();
        while (_called.TryDequeue(out var name))
            called.Add(name);
        return called;
    }

    public void Close() => Volatile.Write(ref _closed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    public void Open() => Interlocked.Exchange(ref _closed, null)!.SetResult();

    /// <summary>Puts it around the client's database.</summary>
    public IDatabase Around(IDatabase inner) => GatedDatabase.Around(inner, this);

    internal bool Notes(object? hashOrText)
    {
        var script = Deciding.FirstOrDefault(
            script => hashOrText is byte[] hash ? hash.AsSpan().SequenceEqual(script.Hash) : script.Text.Equals(hashOrText));
        if (script is not null)
            _called.Enqueue(script.Name);
        return script is not null;
    }

    internal async Task<RedisResult> PassAsync(Task<RedisResult> reply)
    {
        if (Volatile.Read(ref _closed) is { } closed)
            await closed.Task;
        return await reply;
    }
}

/// <summary>The client's database behind a <see cref="ScriptGate"/>.</summary>
public class GatedDatabase : DispatchProxy
{
    private IDatabase _inner = null!;
    private ScriptGate _gate = null!;

    internal static IDatabase Around(IDatabase inner, ScriptGate gate)
    {
        var database = Create<IDatabase, GatedDatabase>();
        var proxy = (GatedDatabase)(object)database;
        (proxy._inner, proxy._gate) = (inner, gate);
        return database;
    }

    /// <inheritdoc />
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        ArgumentNullException.ThrowIfNull(targetMethod);
        var result = targetMethod.Invoke(_inner, args);
        return targetMethod.Name == nameof(IDatabase.ScriptEvaluateAsync) && _gate.Notes(args![0])
            ? _gate.PassAsync((Task<RedisResult>)result!)
            : result;
    }
}
