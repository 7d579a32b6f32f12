using System.ComponentModel;
using System.Text.Json.Serialization;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>The answer to a login and to an exchange of a refresh token.</summary>
/// <param name="AccessToken">Good for <paramref name="ExpiresIn"/> seconds.</param>
/// <param name="RefreshToken">Good for 14 days, once.</param>
/// <param name="TokenType"><c>Bearer</c>.</param>
/// <param name="ExpiresIn">In seconds.</param>
internal sealed record TokenPair(
    string AccessToken,
    [property: Description("Good for 14 days, once.")] string RefreshToken,
    string TokenType,
    [property: Description("Seconds.")] long ExpiresIn);

/// <summary>The answer to a sign-up.</summary>
/// <param name="UserId">The account's id, or a random one where the address was taken.</param>
internal sealed record SignedUp([property: Description("The account's id; a random one where the address was taken.")] Guid UserId);

/// <summary>The answer to making users for a demonstration.</summary>
/// <param name="Password">The password of all of them.</param>
/// <param name="Users">The users.</param>
internal sealed record DevUsers([property: Description("The password of all of them.")] string Password, IReadOnlyList<DevUser> Users);

/// <summary>A user made for a demonstration.</summary>
/// <param name="UserId">Its id.</param>
/// <param name="Email">Its address.</param>
/// <param name="AccessToken">Good for 15 minutes.</param>
internal sealed record DevUser(Guid UserId, string Email, string AccessToken);

/// <summary>How these answers are serialised.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TokenPair))]
[JsonSerializable(typeof(SignedUp))]
[JsonSerializable(typeof(DevUsers))]
internal sealed partial class AuthJson : JsonSerializerContext;
