namespace OrleansLimiter.Architecture.Tests;

/// <summary>A family of dependencies that a few rooms alone may name, whatever else their rule allows.</summary>
/// <param name="Title">What messages call it.</param>
/// <param name="Names">Patterns of packages, frameworks and SDKs.</param>
/// <param name="Rooms">Patterns of the rooms that may name it.</param>
internal sealed record Family(string Title, string[] Names, string[] Rooms);
