using System.Globalization;
using System.Security.Cryptography;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Grains.Valve;

/// <summary>How a silo keeps its sales' valves.</summary>
public sealed class QueueValveOptions
{
    /// <summary>The default of <see cref="BatchInterval"/>.</summary>
    public static readonly TimeSpan DefaultBatchInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The longest <see cref="BatchInterval"/>: whoever joins is told to ask again after 250 ms, and shall then have a place.
    /// </summary>
    public static readonly TimeSpan MaxBatchInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a batch of records gathers before it is stored: 0 to 200 ms; default 50 ms.</summary>
    public TimeSpan BatchInterval { get; set; } = DefaultBatchInterval;

    /// <summary>Makes a sale's seed, once: 256 bits that nobody can guess, but in tests.</summary>
    internal Func<SaleId, DrawSeed> SeedOf { get; set; } = static _ => new DrawSeed(RandomNumberGenerator.GetBytes(DrawSeed.Bytes));

    /// <summary>How much of the log there is, at most, in how large parts.</summary>
    internal ValveLogSize LogSize { get; set; } = ValveLogSize.Default;

    /// <summary>Refuses numbers out of bounds.</summary>
    internal void Validate()
    {
        if (BatchInterval < TimeSpan.Zero || BatchInterval > MaxBatchInterval)
            throw new ArgumentOutOfRangeException(
                nameof(BatchInterval), BatchInterval.ToString("c", CultureInfo.InvariantCulture),
                "BatchInterval must be from 0 to 200 ms.");
    }
}
