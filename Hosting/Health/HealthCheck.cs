using System.Net;
using System.Net.Sockets;

namespace OrleansLimiter.Hosting.Health;

/// <summary>
/// The verb <c>--healthcheck</c>: a program asks the one that runs beside it, under the same settings, whether it is ready. For images that
/// hold no other program to ask with.
/// </summary>
internal static class HealthCheck
{
    public const string Verb = "--healthcheck";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Whether the command line asks for it.</summary>
    public static bool IsAsked(string[] args) => args is [Verb];

    /// <summary>Asks.</summary>
    /// <param name="listener">Where the other serves its health; any address of this machine is asked on loopback.</param>
    /// <returns>The exit status: 0 ready or degraded, 1 otherwise.</returns>
    public static async Task<int> RunAsync(IPEndPoint listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        var isAny = listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any);
        var asked = isAny ? new IPEndPoint(IPAddress.Loopback, listener.Port) : listener;
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(new Uri($"http://{asked}/health/ready"));
            await Console.Out.WriteLineAsync(await answer.Content.ReadAsStringAsync());
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or SocketException)
        {
            await Console.Error.WriteLineAsync($"No answer from {asked}: {failure.Message}");
            return 1;
        }
    }
}
