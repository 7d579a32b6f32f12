using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve;

/// <summary>A turn to buy: it counts as a person in checkout until it is used, given up or expired.</summary>
/// <param name="Id">Its name, which a purchase writes down so that it is used once.</param>
/// <param name="Sale">The sale.</param>
/// <param name="User">Who was admitted; nobody else may use it.</param>
/// <param name="ExpiresAt">From this instant on it is not good any more, and its slot is another's.</param>
internal readonly record struct Admission(AdmissionId Id, SaleId Sale, UserId User, Instant ExpiresAt);
