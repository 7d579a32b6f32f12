using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>100,000 malformed requests against the real server, over real connections, from a recorded seed.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Seed = 20261122;
    private const int Requests = 100_000;
    private const int Connections = 4;
    private const int Pipelined = 50;

    [Fact]
    public async Task A_hundred_thousand_malformed_requests_are_refused_without_a_5xx_a_hang_or_a_changed_counter()
    {
        using var service = new TestService();
        var engine = (MemoryEngine)service.Services.GetRequiredService<ILimitEngine>();
        var tallies = await Task.WhenAll(Enumerable.Range(0, Connections).Select(worker =>
            Task.Run(() => Attack(service.Port, new Malformed(new Random(Seed + worker)), Requests / Connections))));

        var tally = tallies.SelectMany(one => one).GroupBy(one => one.Key)
            .ToDictionary(group => group.Key, group => group.Sum(one => one.Value));
        output.WriteLine($"seed {Seed}: " + string.Join(", ", tally.OrderBy(one => one.Key).Select(one => $"{one.Key}: {one.Value}")));
        Assert.Equal(Requests, tally.Values.Sum());
        Assert.All(tally.Keys, status => Assert.Contains(status, new[] { 400, 401, 403, 404, 405, 411, 413, 415, 414, 431 }));
        foreach (var status in new[] { 400, 401, 403, 404, 405, 413, 415 })
            Assert.InRange(tally.GetValueOrDefault(status), 100, Requests);

        // No counter was even made, so none was changed; and the ones that were named are whole to whoever asks.
        Assert.Equal(0, engine.KeyCount);
        using var connection = new RawConnection(service.Port);
        foreach (var policy in Malformed.Policies)
        {
            foreach (var key in Malformed.Keys)
            {
                await connection.SendAsync($"GET /limit/check?key={key}&policy={policy}&cost=0 HTTP/1.1\r\nHost: x\r\n\r\n");
                var answer = await connection.ReadAsync();
                Assert.Equal(200, answer!.Status);
                Assert.DoesNotContain(";t=", answer.Header("RateLimit"), StringComparison.Ordinal);
            }
        }
    }

    private static async Task<Dictionary<int, int>> Attack(int port, Malformed malformed, int count)
    {
        var tally = new Dictionary<int, int>();
        using var connection = new RawConnection(port);
        for (var done = 0; done < count;)
        {
            var batch = Enumerable.Range(0, Math.Min(Pipelined, count - done)).Select(_ => malformed.Next()).ToList();
            while (batch.Count > 0)
                batch.RemoveRange(0, await Answered(connection, batch, tally));
            done += Math.Min(Pipelined, count - done);
        }

        return tally;
    }

    /// <summary>
    /// Sends requests one behind the other and reads what comes, until all are answered or the server has closed the connection.
    /// </summary>
    private static async Task<int> Answered(RawConnection connection, List<string> batch, Dictionary<int, int> tally)
    {
        await connection.SendAsync(string.Concat(batch));
        for (var answered = 0; answered < batch.Count; answered++)
        {
            var response = await connection.ReadAsync();
            if (response is null)
            {
                Assert.True(answered > 0, "The connection was closed without an answer to: " + Shown(batch[0]));
                connection.Close();
                return answered;
            }

            // A wrong API key is 401, and 429 after thirty of them a minute.
            var status = response.Status == 429 && response.Body.Contains("\"policy\":\"api-key\"", StringComparison.Ordinal)
                ? 401
                : response.Status;
            Assert.True(status is >= 400 and < 500 and not 429, $"{response.Status} {response.Body} for: {Shown(batch[answered])}");
            tally[status] = tally.GetValueOrDefault(status) + 1;
            if (response.Header("Connection") == "close")
                return answered + 1;
        }

        return batch.Count;
    }

    private static string Shown(string request)
    {
        var text = new StringBuilder();
        foreach (var c in request.Length <= 2_000 ? request : request[..2_000])
            text.Append(c is >= ' ' and <= '~' ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"<{(int)c:x2}>"));
        return text.ToString();
    }
}
