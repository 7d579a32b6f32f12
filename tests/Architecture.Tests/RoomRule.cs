namespace OrleansLimiter.Architecture.Tests;

/// <summary>What the projects of one room may name. A pattern is a whole name, or a beginning and a star.</summary>
/// <param name="Room">The project's folder.</param>
/// <param name="Rooms">Patterns of the rooms whose projects it may name.</param>
/// <param name="Packages">Patterns of the packages that it may name, beside analyzers.</param>
/// <param name="FamiliesOfNamedRooms">
/// Whether a confined family is open to it where it names a room that has that family: so are the tests of a room.
/// </param>
internal sealed record RoomRule(string Room, string[] Rooms, string[] Packages, bool FamiliesOfNamedRooms = false)
{
    public bool AllowsRoom(string room) => Pattern.Matches(Rooms, room);

    public bool AllowsPackage(string package) => Pattern.Matches(Packages, package);
}
