namespace OrleansLimiter.Hosting.Writing;

/// <summary>
/// Exceptions of one part of a service that are no fault of it: who asked is answered with more than "failed", and no stack is logged.
/// </summary>
internal interface IKnownFailures
{
    /// <summary>Whether it tells of an exception itself, so that nobody else logs it.</summary>
    bool Tells(Exception failure);

    /// <summary>Answers a request that ended with an exception; null: it is not one of those.</summary>
    Task? Answer(HttpContext context, Exception failure);
}
