namespace OrleansLimiter.Configuration;

/// <summary>The setting stands at the root of the configuration, not in the section of its class.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AtRootAttribute : Attribute;

/// <summary>An empty text is a value of the setting; elsewhere it is as good as none, as compose files leave variables.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class MayBeEmptyAttribute : Attribute;

/// <summary>Where nothing else is said, an entry's value of it is the name under which the entry stands in its list.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NamesEntryAttribute : Attribute;
