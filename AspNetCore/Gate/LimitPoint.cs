namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>When a request's limit is asked.</summary>
internal enum LimitPoint
{
    /// <summary>Before the endpoint, when it is known who calls.</summary>
    Endpoint,

    /// <summary>
    /// Before it is looked who calls, so that requests with wrong credentials count too
    /// (<see cref="EarlyLimitsExtensions.UseLimitsBeforeAuthentication"/>).
    /// </summary>
    BeforeAuthentication,
}
