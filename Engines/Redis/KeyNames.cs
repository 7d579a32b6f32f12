namespace OrleansLimiter.Engines.Redis;

/// <summary>How the names of keys begin.</summary>
internal static class KeyNames
{
    /// <summary>An application's name and a colon; nothing for none. It stands before the braces, so it does not change a key's slot in a Redis Cluster.</summary>
    public static string BeginningOf(string application) => application.Length == 0 ? "" : $"{application}:";
}
