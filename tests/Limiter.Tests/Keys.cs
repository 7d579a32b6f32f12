using System.Security.Cryptography;
using System.Text;

namespace OrleansLimiter.Limiter.Tests;

/// <summary>API keys and their hashes as they stand in configuration.</summary>
internal static class Keys
{
    /// <summary>32 characters, the fewest a key may have.</summary>
    public const string Acme = "acme-key-0123456789-0123456789-0";

    /// <summary>Another.</summary>
    public const string Other = "other-key-0123456789-0123456789-";

    public static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
