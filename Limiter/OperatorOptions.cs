using OrleansLimiter.Configuration;

namespace OrleansLimiter;

/// <summary>One key of an operator (root section <c>Operators:n</c>, or <c>Operators:NAME</c>).</summary>
public sealed class OperatorOptions
{
    /// <summary>
    /// Who it is: 1 to 64 characters of a-z, 0-9 and -. Required, but where the entry stands under a name: then it is that name.
    /// </summary>
    [NamesEntry]
    public string? Name { get; set; }

    /// <summary>The SHA-256 of the operator's key, as for <see cref="TenantOptions.KeySha256"/>. Required.</summary>
    public string? KeySha256 { get; set; }

    /// <summary>The section it was read from; null where code made it.</summary>
    internal string? Path { get; set; }
}
