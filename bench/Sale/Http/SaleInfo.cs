namespace OrleansLimiter.SaleBench.Http;

/// <summary>A sale as the service tells it.</summary>
internal sealed record SaleInfo(
    Guid Id, string Name, string Phase, DateTimeOffset OpensAt, long Price, string Currency, int Available, int Total);

/// <summary>A user that was made for the run.</summary>
internal sealed record Account(Guid UserId, string AccessToken);

/// <summary>How a sale's valve stands.</summary>
internal sealed record ValveInfo(
    string Phase, int Admissions, long WindowMs, int Checkout, int Joining, int Waiting, int InCheckout, ValveCountsInfo Counts,
    string Source);

/// <summary>What a valve has done.</summary>
internal sealed record ValveCountsInfo(long Joined, long Admitted, long Left, long Died, long NoShows, long Completed, long Abandoned);

/// <summary>What is published of a draw.</summary>
internal sealed record DrawInfo(string? SeedHash, string? Rule, string? PlacesHash, string? Seed, PlacesInfo[]? Places);

/// <summary>Places with consecutive numbers.</summary>
internal sealed record PlacesInfo(long First, long Last);
