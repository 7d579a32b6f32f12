using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Hosting.Settings;

/// <summary>Reads the variables that name ports and addresses. What is wrong is added to the errors, and the default stands in for it.</summary>
internal static class ListenVariables
{
    /// <summary>Where operators are served outside Development, on loopback.</summary>
    public const int DefaultOperationsPort = 4090;

    private const string Operations = "OPERATIONS_PORT";
    private const string PortRule = "must be a whole number from 0 (any free port) to 65,535";

    /// <summary>A port; <paramref name="otherwise"/> where the variable is not set, or is a service link.</summary>
    public static int ReadPort(IConfiguration configuration, string variable, int otherwise, List<InvalidValue> errors, int least = 0)
    {
        var text = configuration[variable];
        if (string.IsNullOrEmpty(text) || ServiceLinks.IsLink(text))
            return otherwise;
        if (TryReadPort(text, out var port) && port >= least)
            return port;
        errors.Add(new InvalidValue(variable, $"'{text}'", least == 0 ? PortRule : $"must be a whole number from {least} to 65,535"));
        return otherwise;
    }

    /// <summary>The operators' address; null where the variable is not set, or is a service link.</summary>
    public static IPEndPoint? ReadOperations(IConfiguration configuration, List<InvalidValue> errors)
    {
        var text = configuration[Operations];
        if (string.IsNullOrEmpty(text) || ServiceLinks.IsLink(text))
            return null;

        // A number alone, or with the address to listen on: 4090, 0.0.0.0:4090, [::]:4090.
        if (TryReadPort(text, out var alone))
            return new IPEndPoint(IPAddress.Loopback, alone);
        var colon = text.LastIndexOf(':');
        if (colon > 0 && IPAddress.TryParse(text[..colon].Trim('[', ']'), out var address) && TryReadPort(text[(colon + 1)..], out var after)
            && text.StartsWith('[') == (address.AddressFamily == AddressFamily.InterNetworkV6))
            return new IPEndPoint(address, after);
        errors.Add(new InvalidValue(Operations, $"'{text}'", $"{PortRule}, alone (loopback) or after an address, as in 0.0.0.0:{DefaultOperationsPort}"));
        return null;
    }

    private static bool TryReadPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= IPEndPoint.MaxPort;
}
