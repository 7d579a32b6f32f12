namespace OrleansLimiter.AbuseBench;

/// <summary>The attacks there are.</summary>
internal static class AttackList
{
    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<IAttack> All { get; } = [.. typeof(IAttack).Assembly.GetTypes()
        .Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IAttack).IsAssignableFrom(type))
        .Select(type => (IAttack)Activator.CreateInstance(type)!)
        .OrderBy(attack => attack.Name, StringComparer.Ordinal)];

    /// <summary>The one of this name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static IAttack Named(string name) => All.FirstOrDefault(attack => attack.Name == name)
        ?? throw new UsageException($"There is no attack '{name}'. Known are {string.Join(", ", All.Select(attack => attack.Name))}.");
}
