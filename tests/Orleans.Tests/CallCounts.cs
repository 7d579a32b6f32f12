using System.Collections.Concurrent;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>Counts the calls that silos' actors get, and lets some of their answers get lost. Safe for many threads.</summary>
internal sealed class CallCounts : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<string, int> _calls = new();

    /// <summary>The method whose answers get lost, by its name; null for none.</summary>
    public string? Lost { get; set; }

    /// <summary>How often a method was called, by its name.</summary>
    public int Of(string method) => _calls.GetValueOrDefault(method);

    /// <summary>Begins to count anew.</summary>
    public void Clear() => _calls.Clear();

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        var method = context.MethodName;
        _calls.AddOrUpdate(method, 1, (_, count) => count + 1);
        await context.Invoke();
        if (method == Lost)
            throw new TimeoutException("The answer got lost.");
    }
}
