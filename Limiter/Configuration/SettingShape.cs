using System.Reflection;

namespace OrleansLimiter.Configuration;

/// <summary>One setting of an options class: a public property that the binder fills.</summary>
internal sealed class SettingShape
{
    private readonly PropertyInfo _property;
    private readonly Type _type;

    private SettingShape(PropertyInfo property)
    {
        _property = property;
        _type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        EntryType = _type.IsGenericType ? _type.GenericTypeArguments[^1] : null;
        SectionType = EntryType is null && _type.IsClass && _type != typeof(string) ? _type : null;
    }

    public string Name => _property.Name;

    /// <summary>The bounds that its attribute says; null where it has none.</summary>
    public IBoundsRule? Bounds => Attributes.OfType<IBoundsRule>().FirstOrDefault();

    /// <summary>What a single value must be.</summary>
    /// <exception cref="NotSupportedException">Its type says nothing of that, and no attribute either.</exception>
    public ISettingRule Rule => Attributes.OfType<ISettingRule>().FirstOrDefault() ?? TypeRule.Of(_type);

    /// <summary>The class of a section; null where it is none.</summary>
    public Type? SectionType { get; }

    /// <summary>What a list holds, or a table by name; null where it is none.</summary>
    public Type? EntryType { get; }

    /// <summary>Whether an empty text is a value.</summary>
    public bool MayBeEmpty => _property.IsDefined(typeof(MayBeEmptyAttribute));

    /// <summary>Whether it is the name under which an entry may stand.</summary>
    public bool NamesEntry => _property.IsDefined(typeof(NamesEntryAttribute));

    private IEnumerable<Attribute> Attributes => _property.GetCustomAttributes();

    /// <summary>The settings of a class, as they stand there; without those that stand at the root.</summary>
    public static IReadOnlyList<SettingShape> Of(Type type) =>
    [
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => !property.IsDefined(typeof(AtRootAttribute)) && IsFilled(property))
            .Select(property => new SettingShape(property)),
    ];

    /// <summary>The names of a class's settings.</summary>
    public static string[] NamesOf(Type type) => [.. Of(type).Select(setting => setting.Name)];

    /// <summary>Its value in an object of the class.</summary>
    public object? ValueIn(object options) => _property.GetValue(options);

    // What cannot be set is filled in place, and a single value cannot be.
    private static bool IsFilled(PropertyInfo property) =>
        property.SetMethod is { IsPublic: true } || !(property.PropertyType.IsValueType || property.PropertyType == typeof(string));
}
