using System.Diagnostics.CodeAnalysis;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// Servers that speak Redis' protocol and on which limits do not hold: Garnet, which runs scripts of different connections at the same time
/// and has no command that draws a key at random (docs/decisions/008).
/// </summary>
internal static class UnsupportedServer
{
    /// <summary>The first such server's name and version, as it says them itself; null if there is none.</summary>
    /// <param name="servers">Servers that are connected.</param>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A client that is closed throws what it likes.")]
    public static string? NameIn(IEnumerable<IServer> servers)
    {
        try
        {
            foreach (var server in servers)
            {
                if (server.GetProductVariant(out var version) == ProductVariant.Garnet)
                    return $"{nameof(ProductVariant.Garnet)} {version}".TrimEnd();
            }
        }
        catch (Exception)
        {
            // Then there is nobody to ask for a decision either.
        }

        return null;
    }
}
