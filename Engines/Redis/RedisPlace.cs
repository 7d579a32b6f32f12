using Microsoft.Extensions.Configuration;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Redis;

/// <summary>Where the Redis is that decides, and who says so.</summary>
/// <param name="Address">Where.</param>
/// <param name="Setting">What holds the password, for messages: the parameter or a variable.</param>
/// <param name="Reason">Why there, for the start line.</param>
internal sealed record RedisPlace(RedisAddress Address, string Setting, string Reason)
{
    /// <summary>
    /// Reads it from what the app says, else from the variables; where neither says anything, it is this machine's in Development, and
    /// missing elsewhere. This machine's stands in for what is wrong.
    /// </summary>
    public static RedisPlace Read(IConfiguration configuration, bool isDevelopment, string? url, List<InvalidValue> errors)
    {
        var address = url is null
            ? RedisAddress.Read(configuration, isDevelopment, errors)
            : RedisAddress.ReadUrl(nameof(url), url, errors);
        var variable = url is null ? RedisAddress.VariableIn(configuration) : nameof(url);
        if (address is null && errors.Count == 0 && !isDevelopment)
            errors.Add(new InvalidValue(RedisAddress.Url, "not set",
                "must name the Redis that decides outside Development (or REDIS_HOST and REDIS_PORT must, or the app itself)"));
        return new RedisPlace(
            address ?? RedisAddress.Local,
            url is null ? RedisAddress.Url : nameof(url),
            variable is null ? "nothing else is set" : $"{variable} says so");
    }

    /// <summary>The place as the engine is told it.</summary>
    public RedisEngineOptions ToEngineOptions()
    {
        var options = new RedisEngineOptions
        {
            User = Address.User,
            Password = Address.Password,
            Ssl = Address.UsesTls,
            Database = Address.Database,
        };
        options.EndPoints.Add(Address.EndPoint);
        return options;
    }
}
