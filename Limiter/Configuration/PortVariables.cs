using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Configuration;

/// <summary>Reads a variable that names a port. What is wrong is added to the errors, and the default stands in for it.</summary>
internal static class PortVariables
{
    /// <summary>What a port may be where any free one will do.</summary>
    public const string Rule = "must be a whole number from 0 (any free port) to 65,535";

    /// <summary>A port; <paramref name="otherwise"/> where the variable is not set, or is a service link.</summary>
    public static int Read(IConfiguration configuration, string variable, int otherwise, List<InvalidValue> errors, int least = 0)
    {
        var text = configuration[variable];
        if (string.IsNullOrEmpty(text) || ServiceLinks.IsLink(text))
            return otherwise;
        if (TryParse(text, out var port) && port >= least)
            return port;
        errors.Add(new InvalidValue(variable, $"'{text}'", least == 0 ? Rule : $"must be a whole number from {least} to 65,535"));
        return otherwise;
    }

    /// <summary>A port as digits alone.</summary>
    public static bool TryParse(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= IPEndPoint.MaxPort;
}
