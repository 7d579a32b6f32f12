namespace OrleansLimiter.Valve;

/// <summary>What a valve has done since it was set up.</summary>
/// <param name="Joined">Places given.</param>
/// <param name="Admitted">Places admitted.</param>
/// <param name="Left">Places in the line given up by their owners.</param>
/// <param name="Died">Places whose owners did not poll.</param>
/// <param name="NoShows">Admissions not used in time.</param>
/// <param name="Completed">Admissions used.</param>
/// <param name="Abandoned">Admissions given back: by their owners, or because too many payments were declined.</param>
internal readonly record struct ValveCounts(long Joined, long Admitted, long Left, long Died, long NoShows, long Completed, long Abandoned)
{
    /// <summary>The counts after one more place ended.</summary>
    internal ValveCounts With(PlaceEnding ending) => ending switch
    {
        PlaceEnding.Left => this with { Left = Left + 1 },
        PlaceEnding.Died => this with { Died = Died + 1 },
        PlaceEnding.NoShow => this with { NoShows = NoShows + 1 },
        PlaceEnding.Completed => this with { Completed = Completed + 1 },
        _ => this with { Abandoned = Abandoned + 1 },
    };
}
