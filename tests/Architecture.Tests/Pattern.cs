namespace OrleansLimiter.Architecture.Tests;

/// <summary>Names with an optional star at the end. Package names do not heed case, so patterns do not either.</summary>
internal static class Pattern
{
    public static bool Matches(string[] patterns, string name) => patterns.Any(pattern => pattern.EndsWith('*')
        ? name.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase)
        : name.Equals(pattern, StringComparison.OrdinalIgnoreCase));
}
