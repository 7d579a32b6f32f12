using System.Diagnostics.CodeAnalysis;

namespace OrleansLimiter.Engines.Redis.Quotas;

/// <summary>Looks at the servers' keys again and again, beside the requests, for as long as it is not disposed of.</summary>
internal sealed class KeyWatch : IDisposable
{
    /// <summary>From the end of a look to the next.</summary>
    public static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _closed = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly KeySampler _sampler;
    private readonly KeyCensus _census;
    private readonly Func<RedisLink?> _link;
    private readonly TimeProvider _time;

    /// <summary>Begins.</summary>
    /// <param name="sampler">Looks.</param>
    /// <param name="census">Is told what was seen.</param>
    /// <param name="link">Whom to ask; null while there is nobody.</param>
    /// <param name="time">The clock of the pauses.</param>
    public KeyWatch(KeySampler sampler, KeyCensus census, Func<RedisLink?> link, TimeProvider time)
    {
        (_sampler, _census, _link, _time) = (sampler, census, link, time);
        _ = RunAsync();
    }

    /// <summary>Looks once, if there is a server to ask.</summary>
    public async Task LookAsync()
    {
        await _turn.WaitAsync(_closed.Token).ConfigureAwait(false);
        try
        {
            if (_link() is { } link)
                _census.Take(await _sampler.LookAsync(link).ConfigureAwait(false));
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _closed.Cancel();

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whatever a client library throws, what was seen last holds, and the next look is soon.")]
    private async Task RunAsync()
    {
        while (!_closed.IsCancellationRequested)
        {
            try
            {
                await LookAsync().ConfigureAwait(false);
            }
            catch (Exception)
            {
                // Told by the connection, which asks servers too.
            }

            await Task.Delay(BetweenLooks, _time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
