using System.Reflection;
using StackExchange.Redis;

namespace OrleansLimiter.Redis.Tests;

/// <summary>The client's database, which throws at scripts what a test likes: at once, or from the task.</summary>
public class ThrowingDatabase : DispatchProxy
{
    private IDatabase _inner = null!;
    private Func<Exception?> _thrown = null!;
    private bool _isAtOnce;

    /// <summary>Puts one around a database; what it throws is asked for at each script, and null throws nothing.</summary>
    public static IDatabase Around(IDatabase inner, Func<Exception?> thrown, bool isAtOnce)
    {
        var database = Create<IDatabase, ThrowingDatabase>();
        var proxy = (ThrowingDatabase)(object)database;
        (proxy._inner, proxy._thrown, proxy._isAtOnce) = (inner, thrown, isAtOnce);
        return database;
    }

    /// <inheritdoc />
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        ArgumentNullException.ThrowIfNull(targetMethod);
        if (targetMethod.Name != nameof(IDatabase.ScriptEvaluateAsync) || _thrown() is not { } thrown)
            return targetMethod.Invoke(_inner, args);
        return _isAtOnce ? throw thrown : Task.FromException<RedisResult>(thrown);
    }
}
