using System.Collections.Concurrent;
using System.Text;
using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Play;

/// <summary>
/// Connections that ask as fast as they are answered, for one user after the other in a random order that all of them share. One run at a
/// time.
/// </summary>
internal sealed class Pollers : IDisposable
{
    private readonly PollClient[] _clients;
    private readonly byte[][] _requests;
    private int _next = -1;

    private Pollers(PollClient[] clients, byte[][] requests)
    {
        _clients = clients;
        _requests = requests;
    }

    /// <summary>What was answered since they were made, by status.</summary>
    public ConcurrentDictionary<int, long> Statuses { get; } = new();

    /// <summary>An answer as it came.</summary>
    public string LastAnswer => _clients[0].LastAnswer;

    /// <summary>Connects.</summary>
    /// <param name="url">The server.</param>
    /// <param name="connections">How many.</param>
    /// <param name="method">GET or POST.</param>
    /// <param name="sale">The sale.</param>
    /// <param name="users">For whom is asked.</param>
    /// <param name="seed">Of the order.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<Pollers> ConnectAsync(
        Uri url, int connections, string method, Guid sale, IEnumerable<Account> users, int seed, CancellationToken cancellation)
    {
        var requests = users.Select(user => Encoding.ASCII.GetBytes(
            $"{method} /sales/{sale}/queue HTTP/1.1\r\nHost: {url.Authority}\r\nAuthorization: Bearer "
                + $"{user.AccessToken}\r\n{(method == "POST" ? "Content-Length: 0\r\n" : string.Empty)}\r\n")).ToArray();
        new Random(seed).Shuffle(requests);
        return new Pollers(
            await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => PollClient.ConnectAsync(url, cancellation))), requests);
    }

    /// <summary>Asks once for each user.</summary>
    public Task AskForAllAsync(CancellationToken cancellation)
    {
        _next = -1;
        return Task.WhenAll(_clients.Select(
            client => Task.Run(() => AskAsync(client, _requests.Length, long.MaxValue, cancellation), cancellation)));
    }

    /// <summary>Asks for so long.</summary>
    /// <returns>Answers per second.</returns>
    public async Task<double> AskForAsync(TimeSpan time, CancellationToken cancellation)
    {
        var from = Clock.Now;
        var until = from + (long)time.TotalMicroseconds;
        var counts = await Task.WhenAll(
            _clients.Select(client => Task.Run(() => AskAsync(client, long.MaxValue, until, cancellation), cancellation)));
        return counts.Sum() * 1e6 / (Clock.Now - from);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var client in _clients)
            client.Dispose();
    }

    private async Task<long> AskAsync(PollClient client, long most, long until, CancellationToken cancellation)
    {
        var count = 0L;
        var statuses = new Dictionary<int, long>();
        while (Clock.Now < until)
        {
            var next = (uint)Interlocked.Increment(ref _next);
            if (next >= most)
                break;
            var status = await client.AskAsync(_requests[next % _requests.Length], cancellation);
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
            count++;
        }

        foreach (var (status, many) in statuses)
            Statuses.AddOrUpdate(status, many, (_, before) => before + many);
        return count;
    }
}
