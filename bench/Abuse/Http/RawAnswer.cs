namespace OrleansLimiter.AbuseBench.Http;

/// <summary>What came back for bytes that were sent.</summary>
/// <param name="Status">The status; 0: no answer.</param>
/// <param name="Body">The first bytes of the body as Latin-1 characters; without an answer, why.</param>
/// <param name="ContentType">What the body is, or would be if there were one.</param>
/// <param name="RetryAfter">When to ask again, as the header says it.</param>
internal readonly record struct RawAnswer(int Status, string Body, string? ContentType = null, string? RetryAfter = null);
