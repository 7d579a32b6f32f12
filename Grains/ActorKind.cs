namespace OrleansLimiter.Grains;

/// <summary>
/// Which of its key's actors one is. The number is its bit in a <see cref="ActorKinds"/> and part of what silos tell each other: it never
/// changes.
/// </summary>
internal enum ActorKind : byte
{
    Common = 0,
    TokenBucket = 1,
    Gcra = 2,
    FixedWindow = 3,
    SlidingWindowCounter = 4,
    SlidingWindowLog = 5,
    LeakyBucket = 6,
    Concurrency = 7,
}

/// <summary>Some of the actors that a key may have.</summary>
/// <param name="Bits">A bit for each.</param>
internal readonly record struct ActorKinds(int Bits)
{
    public const int Count = 8;

    public static readonly ActorKinds None;

    private static readonly GrainType[] Types =
        [.. Enumerable.Range(0, Count).Select(number => GrainType.Create(NameOf((ActorKind)number)))];

    public static readonly ActorKinds Common = Of(ActorKind.Common);

    public bool IsEmpty => Bits == 0;

    /// <summary>All but the common one.</summary>
    public ActorKinds Named => this & ~Common;

    /// <summary>The one of the lowest number, of at least one.</summary>
    public ActorKind First => (ActorKind)int.TrailingZeroCount(Bits);

    /// <summary>Those that this build has: a later one may tell of more.</summary>
    public ActorKinds Known => new(Bits & (1 << Count) - 1);

    /// <summary>The one that there is; null if there is none, or more than one.</summary>
    public ActorKind? Only => int.PopCount(Bits) == 1 ? First : null;

    public static ActorKinds Of(ActorKind kind) => new(1 << (int)kind);

    /// <summary>An algorithm's own actor.</summary>
    /// <param name="number">The algorithm's number on the wire.</param>
    /// <exception cref="NotSupportedException">There is no such actor.</exception>
    public static ActorKind OfAlgorithm(byte number) => number + 1 < Count
        ? (ActorKind)(number + 1)
        : throw new NotSupportedException("There is no actor for the algorithm.");

    /// <summary>The type of an actor, as its name in the cluster begins.</summary>
    public static GrainType TypeOf(ActorKind kind) => Types[(int)kind];

    public bool Has(ActorKind kind) => (Bits & 1 << (int)kind) != 0;

    public static ActorKinds operator |(ActorKinds one, ActorKinds other) => new(one.Bits | other.Bits);

    public static ActorKinds operator &(ActorKinds one, ActorKinds other) => new(one.Bits & other.Bits);

    public static ActorKinds operator ~(ActorKinds kinds) => new(~kinds.Bits);

    private static string NameOf(ActorKind kind) => kind switch
    {
        ActorKind.Common => ActorTypes.Common,
        ActorKind.TokenBucket => ActorTypes.TokenBucket,
        ActorKind.Gcra => ActorTypes.Gcra,
        ActorKind.FixedWindow => ActorTypes.FixedWindow,
        ActorKind.SlidingWindowCounter => ActorTypes.SlidingWindowCounter,
        ActorKind.SlidingWindowLog => ActorTypes.SlidingWindowLog,
        ActorKind.LeakyBucket => ActorTypes.LeakyBucket,
        ActorKind.Concurrency => ActorTypes.Concurrency,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such actor."),
    };
}
