namespace OrleansLimiter.Configuration;

/// <summary>The rule of a setting that has none of its own: what its type says.</summary>
internal sealed class TypeRule : ISettingRule
{
    private readonly Func<string, string?> _read;
    private readonly string _rule;

    private TypeRule(Func<string, string?> read, string rule) => (_read, _rule) = (read, rule);

    /// <summary>The rule of a type.</summary>
    /// <exception cref="NotSupportedException">What may be written for such a value has to be said by a rule of its own.</exception>
    public static TypeRule Of(Type type)
    {
        if (type == typeof(string))
            return new TypeRule(text => text, "must be a single text");
        if (type == typeof(bool))
            return new TypeRule(text => bool.TryParse(text, out var flag) ? flag.ToString() : null, "must be true or false");
        if (!type.IsEnum)
            throw new NotSupportedException($"A setting of the type {type.Name} needs a rule.");

        // By name alone: Enum.TryParse would take "1", and "local,deny" too.
        var words = Enum.GetNames(type);
        return new TypeRule(
            text => Array.Find(words, word => word.Equals(text, StringComparison.OrdinalIgnoreCase)),
            $"must be one of {string.Join(", ", words.Select(word => char.ToLowerInvariant(word[0]) + word[1..]))}");
    }

    public string? Read(string text) => _read(text);

    public string RuleFor(string text) => _rule;
}
