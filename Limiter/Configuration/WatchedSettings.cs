namespace OrleansLimiter.Configuration;

/// <summary>Settings that are read at start only, so that a change while the process runs is to be mentioned.</summary>
/// <param name="Names">The names at the root of the configuration: of sections, or of single settings.</param>
internal sealed record WatchedSettings(IReadOnlyList<string> Names);
