using System.Text;

namespace OrleansLimiter.Hosting.Reading;

/// <summary>What a field of a body holds.</summary>
internal enum BodyFieldKind
{
    Text,

    Texts,

    Whole,
}

/// <summary>A field that a body may have. Immutable.</summary>
/// <param name="name">Its name.</param>
/// <param name="kind">What it holds.</param>
/// <param name="rule">What it must be, for the complaint about another type.</param>
internal sealed class BodyField(string name, BodyFieldKind kind, string rule = "a string")
{
    private readonly byte[] _utf8 = Encoding.UTF8.GetBytes(name);

    public string Name => name;

    public BodyFieldKind Kind => kind;

    public string Rule => rule;

    /// <summary>Its name as it stands in a body.</summary>
    public ReadOnlySpan<byte> Utf8Name => _utf8;
}
