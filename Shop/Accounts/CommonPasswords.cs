using System.Collections.Frozen;
using System.Reflection;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// The commonest passwords, the first of the list that the package zxcvbn-core carries (MIT licence; Dan Wheeler's, from published leaks,
/// the commonest first). Read at the first use. Safe for use by many threads.
/// </summary>
internal static class CommonPasswords
{
    /// <summary>How many count as common.</summary>
    public const int Most = 10_000;

    private const string Package = "zxcvbn-core";
    private const string List = "zxcvbn-core.Dictionaries.passwords.lst";
    private static readonly Lazy<FrozenSet<string>> All = new(Read);

    public static int Count => All.Value.Count;

    /// <summary>Whether a password is one of them; upper case does not help.</summary>
    public static bool Contains(string password) => All.Value.Contains(password.ToLowerInvariant());

    private static FrozenSet<string> Read()
    {
        using var stream = Assembly.Load(new AssemblyName(Package)).GetManifestResourceStream(List)
            ?? throw new InvalidOperationException($"The package {Package} does not hold {List}.");
        using var reader = new StreamReader(stream);
        var passwords = new HashSet<string>();
        while (passwords.Count < Most && reader.ReadLine() is { } line)
            passwords.Add(line.Trim().ToLowerInvariant());
        return passwords.ToFrozenSet();
    }
}
