namespace OrleansLimiter.Architecture.Tests;

/// <summary>One thing that a project file names.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">A package, framework, SDK or assembly by its name; a project or a source file by its path from the root.</param>
internal sealed record Name(NameKind Kind, string Value);

internal enum NameKind
{
    Project,
    Package,
    Framework,
    Sdk,
    Assembly,
    ForeignSource,
}
