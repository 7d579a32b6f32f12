using System.Reflection;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>What version 2 of the Redis client has and version 1 has not: found at run time, so that one text serves both.</summary>
internal static class ClientFeatures
{
    private static readonly PropertyInfo? User = typeof(ConfigurationOptions).GetProperty("User");
    private static readonly PropertyInfo? BacklogPolicy = typeof(ConfigurationOptions).GetProperty("BacklogPolicy");

    /// <summary>Whether a user can be named.</summary>
    public static bool HasUsers => User is not null;

    /// <summary>Names the user.</summary>
    public static void SetUser(ConfigurationOptions options, string user) => User!.SetValue(options, user);

    /// <summary>Has calls fail at once where there is no connection, as version 1 always does, instead of waiting in a queue for one.</summary>
    public static void FailFast(ConfigurationOptions options) =>
        BacklogPolicy?.SetValue(options, BacklogPolicy.PropertyType.GetProperty("FailFast")!.GetValue(null));
}
