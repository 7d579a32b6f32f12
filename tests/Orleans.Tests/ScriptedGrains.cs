using System.Reflection;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>
/// A cluster of one token bucket that does as it is told. Made by proxy: a class that implements an actor's interface would be hosted as
/// one.
/// </summary>
internal static class ScriptedGrains
{
    /// <summary>Every call is answered so.</summary>
    public static IGrainFactory Answering(Func<CancellationToken, Task<LimitReplyMessage>> answer)
    {
        var grain = DispatchProxy.Create<ITokenBucketGrain, ScriptedProxy>();
        ((ScriptedProxy)(object)grain).Script = arguments => new ValueTask<LimitReplyMessage>(answer((CancellationToken)arguments[1]!));
        return Factory(_ => grain);
    }

    /// <summary>Every call to a valve fails so.</summary>
    public static IGrainFactory Failing(Exception failure)
    {
        var valve = DispatchProxy.Create<IQueueValveGrain, ScriptedProxy>();
        ((ScriptedProxy)(object)valve).Script = _ => throw failure;
        return Factory(_ => valve);
    }

    /// <summary>No actor can be found.</summary>
    public static IGrainFactory Lacking(Exception failure) => Factory(_ => throw failure);

    /// <summary>Every name has its actor, which knows it, and each look-up is noted.</summary>
    public static IGrainFactory Named(List<string> lookUps)
    {
        var factory = DispatchProxy.Create<IGrainFactory, NamingProxy>();
        ((NamingProxy)(object)factory).LookUps = lookUps;
        return factory;
    }

    private static IGrainFactory Factory(Func<object?[], object> script)
    {
        var factory = DispatchProxy.Create<IGrainFactory, ScriptedProxy>();
        ((ScriptedProxy)(object)factory).Script = script;
        return factory;
    }
}

/// <summary>Every member does what the script says.</summary>
public class ScriptedProxy : DispatchProxy
{
    internal Func<object?[], object> Script { get; set; } = _ => throw new InvalidOperationException("There is no script.");

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Script(args!);
}

/// <summary>An actor that knows its name, and does nothing.</summary>
public class Named : DispatchProxy
{
    internal string Name { get; set; } = "";

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => throw new InvalidOperationException("It does nothing.");
}

/// <summary>Finds an actor of every name, by whatever interface is asked for.</summary>
public class NamingProxy : DispatchProxy
{
    internal List<string> LookUps { get; set; } = [];

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var name = (string)args![0]!;
        LookUps.Add(name);
        var actor = Create(targetMethod!.GetGenericArguments()[0], typeof(Named));
        ((Named)actor).Name = name;
        return actor;
    }
}
