using System.Diagnostics.Metrics;
using OrleansLimiter.Metrics;

namespace OrleansLimiter.Hosting.Metrics;

/// <summary>
/// Counts responses by status, on the meter <c>OrleansLimiter</c>. The framework's own histogram would cost every request more than a
/// decision does; this is one addition. Safe for use by many threads.
/// </summary>
internal sealed class HttpResponses : IStartupFilter
{
    /// <summary>
    /// The counter, in <c>{response}</c>; tag <c>status</c>, a number from 100 to 599; 499: the client went away before it was answered.
    /// </summary>
    public const string Name = "orleanslimiter.http.responses";

    private const int Least = 100;
    private const int Most = 599;

    private readonly long[] _counts = new long[Most - Least + 1];

    public HttpResponses(IMeterFactory meters) =>
        meters.Create(LimiterMetrics.MeterName).CreateObservableCounter<long>(Name, Observe, "{response}", "HTTP responses by status.");

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(Counted);
        next(app);
    };

    private RequestDelegate Counted(RequestDelegate next) => context =>
    {
        var running = next(context);
        if (!running.IsCompletedSuccessfully)
            return AwaitedAsync(running, context);
        Count(context.Response.StatusCode);
        return running;
    };

    private async Task AwaitedAsync(Task running, HttpContext context)
    {
        var isThrown = true;
        try
        {
            await running;
            isThrown = false;
        }
        catch (Exception failure) when (
            context.RequestAborted.IsCancellationRequested && failure is OperationCanceledException or IOException)
        {
            // The client went away: there is nobody to answer, and nothing to tell in the log.
            isThrown = false;
            if (!context.Response.HasStarted)
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        finally
        {
            // The server answers 500 for what is thrown, unless the response has begun.
            Count(isThrown && !context.Response.HasStarted ? StatusCodes.Status500InternalServerError : context.Response.StatusCode);
        }
    }

    private void Count(int status)
    {
        if (status is >= Least and <= Most)
            Interlocked.Increment(ref _counts[status - Least]);
    }

    private IEnumerable<Measurement<long>> Observe()
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            if (Volatile.Read(ref _counts[i]) is > 0 and var count)
                yield return new Measurement<long>(count, new KeyValuePair<string, object?>("status", i + Least));
        }
    }
}
