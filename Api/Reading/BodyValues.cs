namespace OrleansLimiter.Api.Reading;

/// <summary>What a body holds: the types are right, the values are not checked yet. Used by one request.</summary>
internal sealed class BodyValues
{
    private readonly Dictionary<BodyField, object> _values = [];

    /// <summary>A string; null if it was left out.</summary>
    public string? Text(BodyField field) => _values.GetValueOrDefault(field) as string;

    /// <summary>An array of strings; null if it was left out.</summary>
    public IReadOnlyList<string>? Texts(BodyField field) => _values.GetValueOrDefault(field) as IReadOnlyList<string>;

    /// <summary>An integer; null if it was left out.</summary>
    public long? Whole(BodyField field) => _values.GetValueOrDefault(field) as long?;

    /// <summary>Keeps a value of the field's kind.</summary>
    public void Set(BodyField field, object value) => _values[field] = value;
}
