namespace OrleansLimiter.AspNetCore.Addresses;

/// <summary>A header in which proxies say whom they ask for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsStructured">Whether its elements are pairs of names and values (RFC 7239); else they are addresses.</param>
internal sealed record ForwardedHeader(string Name, bool IsStructured = false)
{
    /// <summary>Those that are known, in the order in which they are looked for.</summary>
    public static IReadOnlyList<ForwardedHeader> All { get; } = [
        new("X-Forwarded-For"), new("Forwarded", IsStructured: true), new("X-Real-IP")];

    /// <summary>The header of a name, in any case of letters; null where it is none of these.</summary>
    internal static ForwardedHeader? Named(string? name) =>
        All.FirstOrDefault(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
