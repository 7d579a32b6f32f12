using System.Net;
using System.Net.Sockets;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Hosting.Settings;

/// <summary>
/// Reads the variable that names the address of the operators' routes. What is wrong is added to the errors, and the default stands in for
/// it.
/// </summary>
internal static class ListenVariables
{
    /// <summary>Where operators are served outside Development, on loopback.</summary>
    public const int DefaultOperationsPort = 4090;

    private const string Operations = "OPERATIONS_PORT";

    /// <summary>The operators' address; null where the variable is not set, or is a service link.</summary>
    public static IPEndPoint? ReadOperations(IConfiguration configuration, List<InvalidValue> errors)
    {
        var text = configuration[Operations];
        if (string.IsNullOrEmpty(text) || ServiceLinks.IsLink(text))
            return null;

        // A number alone, or with the address to listen on: 4090, 0.0.0.0:4090, [::]:4090.
        if (PortVariables.TryParse(text, out var alone))
            return new IPEndPoint(IPAddress.Loopback, alone);
        var colon = text.LastIndexOf(':');
        if (colon > 0 && IPAddress.TryParse(text[..colon].Trim('[', ']'), out var address)
            && PortVariables.TryParse(text[(colon + 1)..], out var after)
            && text.StartsWith('[') == (address.AddressFamily == AddressFamily.InterNetworkV6))
            return new IPEndPoint(address, after);
        errors.Add(new InvalidValue(Operations, $"'{text}'",
            $"{PortVariables.Rule}, alone (loopback) or after an address, as in 0.0.0.0:{DefaultOperationsPort}"));
        return null;
    }
}
