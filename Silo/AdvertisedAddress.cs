using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Silo;

/// <summary>
/// The address under which other silos and clients reach this one. Left to itself Orleans takes the first that it finds, which on a machine
/// of several networks is the wrong one as often as not; so where there is a choice it must be made.
/// </summary>
internal static class AdvertisedAddress
{
    private const string Variable = "ADVERTISED_ADDRESS";

    /// <summary>
    /// Reads the variable: an address, a host name, or a network of which this machine has one address. Default: in Development loopback,
    /// else this machine's only address.
    /// </summary>
    public static IPAddress Read(IConfiguration configuration, bool isDevelopment, List<InvalidValue> errors) =>
        Read(configuration[Variable], isDevelopment, errors, OwnAddresses, Dns.GetHostAddresses);

    /// <summary>As above, with this machine's addresses and the names that it knows: for tests.</summary>
    internal static IPAddress Read(
        string? text, bool isDevelopment, List<InvalidValue> errors, Func<IPAddress[]> own, Func<string, IPAddress[]> resolve)
    {
        if (string.IsNullOrEmpty(text))
            return isDevelopment ? IPAddress.Loopback : OnlyOne(own(), "not set", "must be set to", errors);
        if (IPAddress.TryParse(text, out var address))
        {
            // The framework reads 30000 as 0.0.117.48: whoever means a port shall hear of it.
            if (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != text)
            {
                errors.Add(new InvalidValue(Variable, $"'{text}'", "must be an IPv4 address written in full, as in 172.30.0.7"));
                return IPAddress.Loopback;
            }

            if (!address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any) && !address.Equals(IPAddress.None))
                return address;
            errors.Add(new InvalidValue(Variable, $"'{text}'", "must be an address that others can reach, not that of every interface"));
            return IPAddress.Loopback;
        }

        if (IPNetwork.TryParse(text, out var network))
            return OnlyOne([.. own().Where(network.Contains)], $"'{text}'", "must be a network in which this machine has", errors);
        try
        {
            return OnlyOne(resolve(text), $"'{text}'", "must name", errors);
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            errors.Add(new InvalidValue(Variable, $"'{text}'",
                "must be an IP address, a host name that can be resolved, or a network as in 172.30.0.0/24"));
            return IPAddress.Loopback;
        }
    }

    private static IPAddress OnlyOne(IPAddress[] addresses, string value, string rule, List<InvalidValue> errors)
    {
        // Where there are both, IPv4: a machine with IPv6 beside it is known by what it was known by before.
        var ofFour = Array.FindAll(addresses, address => address.AddressFamily == AddressFamily.InterNetwork);
        var choices = ofFour.Length > 0 ? ofFour : addresses;
        if (choices.Length == 1)
            return choices[0];
        errors.Add(new InvalidValue(Variable, value,
            $"{rule} exactly one IPv4 address, or none and exactly one IPv6 address; there are "
            + $"{choices.Length}{(choices.Length == 0 ? "" : ": ")}{string.Join(", ", choices.AsEnumerable())}"));
        return IPAddress.Loopback;
    }

    private static IPAddress[] OwnAddresses() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus == OperationalStatus.Up
                && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6
                && !address.IsIPv6LinkLocal),
    ];
}
