using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using OrleansLimiter.Silo.Tests.Nodes;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>Silos that all died and come back under the addresses of those before them.</summary>
[Collection(nameof(Processes))]
[Trait("Length", "long")] // ./test --long runs it
public sealed partial class ReturnTests
{
    private const int Bound = 180_000;

    /// <summary>Longer than Orleans waits after it has heard of a silo's death before it closes connections to that silo.</summary>
    private static readonly TimeSpan LongAfter = TimeSpan.FromSeconds(13);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Bound)]
    public async Task Silos_that_met_before_the_list_named_both_are_not_cut_off_from_each_other_later()
    {
        await using var scenario = Scenario.Create();
        var port = Ports.Next();
        (string, string) told = ("Logging__LogLevel__Orleans", "Information");
        var (one, other) = (
            scenario.Silo("silo-1", ("SILO_PORT", port.ToString(CultureInfo.InvariantCulture)), told), scenario.Silo("silo-2", told));
        await scenario.Redis.StartAndListenAsync(Cancellation);
        await Task.WhenAll(one.StartAsync(), other.StartAsync());
        await Task.WhenAll(one.JoinedAsync(Cancellation), other.JoinedAsync(Cancellation));
        await Task.WhenAll(one.KillAsync(Cancellation), other.KillAsync(Cancellation));

        // The other looks for the one that the list names still, and finds the next one, which listens and may not write itself into the
        // list yet.
        await other.StartAsync();
        await Eventually.TrueAsync(
            $"the silo looks for the one before ({other.Log})", () =>
                Task.FromResult(other.CountInLog("Failed to get ping responses") > 0), Cancellation);
        await one.StartAsync();
        await Eventually.TrueAsync(
            $"the silo listens ({one.Log})",
            async () =>
            {
                await scenario.Redis.TellAsync("CLIENT PAUSE 4000 WRITE", Cancellation);
                return await ListensAsync(port);
            },
            Cancellation);
        await Task.WhenAll(one.JoinedAsync(Cancellation), other.JoinedAsync(Cancellation));
        Assert.True(NamedTwice(other.Log, port) > 0, $"No connection was made under the name of the silo before: {other.Log}.");

        var closed = Closed();
        await Eventually.RemainsAsync(closed, "closed connections", LongAfter, Closed, Cancellation);

        int Closed() => one.CountInLog("Closing connection") + other.CountInLog("Closing connection");
    }

    private static async Task<bool> ListensAsync(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>How many of its connections to a port a silo has held for those of two silos.</summary>
    private static int NamedTwice(string log, int port) => Established().Matches(File.ReadAllText(log))
        .Where(line => line.Groups["port"].Value == port.ToString(CultureInfo.InvariantCulture))
        .GroupBy(line => line.Groups["connection"].Value, line => line.Groups["generation"].Value)
        .Count(names => names.Distinct().Count() > 1);

    [GeneratedRegex(@"ConnectionId: (?<connection>[^\]]+)\] established with S127\.0\.0\.1:(?<port>\d+):(?<generation>\d+)")]
    private static partial Regex Established();
}
