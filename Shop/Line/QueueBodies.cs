using System.ComponentModel.DataAnnotations;

namespace OrleansLimiter.Shop.Line;

/// <summary>The caps of a valve that an operator changes, for the API's description: the call reads them field by field.</summary>
internal sealed record ValveRatesBody(
    [property: Range(1, 1_000_000)] int? Admissions,
    [property: Range(1_000, 3_600_000)] long? WindowMs,
    [property: Range(1, 1_000_000)] int? Checkout);
