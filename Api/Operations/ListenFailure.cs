using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using OrleansLimiter.Api.Settings;

namespace OrleansLimiter.Api.Operations;

/// <summary>Says, of a start that failed because a port could not be had, which variables name the ports.</summary>
internal static class ListenFailure
{
    /// <summary>The explanation; null where the start failed for another reason.</summary>
    public static string? Explain(Exception failure, ServiceSettings settings)
    {
        if (failure is not (IOException { InnerException: AddressInUseException } or SocketException))
            return null;
        var ports = settings.Operations is { } operations
            ? $"PORT is {settings.Port} and OPERATIONS_PORT is {operations}: both"
            : $"PORT is {settings.Port}: it";
        return $"{ports} must be free, on an address of this machine. {failure.Message}";
    }
}
