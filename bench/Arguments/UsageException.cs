namespace OrleansLimiter.BenchArguments;

/// <summary>The tool cannot start or go on as it was called; the message says why. The exit status is 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
