namespace OrleansLimiter.Grains;

/// <summary>The names of the actors' types: the first part of an actor's name in the cluster, in storage and in logs. They never change.</summary>
public static class ActorTypes
{
    /// <summary>A limit's actor, whatever its algorithm.</summary>
    public const string Limit = "ol.limit";
}
