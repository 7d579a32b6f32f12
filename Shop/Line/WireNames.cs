using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Line;

/// <summary>The valve's words as the wire writes them.</summary>
internal static class WireNames
{
    public static string Of(ValvePhase phase) => phase switch
    {
        ValvePhase.Scheduled => SalePhase.Scheduled,
        ValvePhase.PreQueue => SalePhase.PreQueue,
        ValvePhase.Open => SalePhase.Open,
        ValvePhase.Paused => SalePhase.Paused,
        ValvePhase.SoldOut => SalePhase.SoldOut,
        _ => SalePhase.Closed,
    };

    /// <summary>How somebody stands who has a place.</summary>
    public static string Of(QueueState state) => state switch
    {
        QueueState.Joining => "joining",
        QueueState.PreQueue => "preQueue",
        QueueState.Waiting => "waiting",
        QueueState.Admitted => "admitted",
        QueueState.SoldOut => "soldOut",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "Whoever has this state has no place."),
    };
}
