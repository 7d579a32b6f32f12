using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace OrleansLimiter.Shop.Accounts;

// What bodies of requests hold, for the API's description: the calls read them field by field.

/// <summary>A sign-up.</summary>
internal sealed record SignUpBody(
    string Email,
    [property: Description("12 to 128 characters.")] string Password,
    [property: Description("At most 100 characters.")] string? Name);

/// <summary>What confirms an address.</summary>
internal sealed record ConfirmationBody(
    [property: Description("What was sent to the address.")] string Token,
    [property: Description("The account's password from now on: 12 to 128 characters.")] string Password);

/// <summary>A login.</summary>
internal sealed record LoginBody(string Email, string Password);

/// <summary>An exchange of a refresh token.</summary>
internal sealed record RefreshBody(string RefreshToken);

/// <summary>How many users to make for a demonstration.</summary>
internal sealed record DevUserCountBody([property: Range(1, 10_000)] int Count);
