namespace OrleansLimiter.Shop.Data;

/// <summary>What came of the work in a transaction, and whether its writes stay.</summary>
/// <typeparam name="T">What the work is about.</typeparam>
/// <param name="Value">The outcome.</param>
/// <param name="IsKept">Whether to commit; else everything is rolled back.</param>
internal readonly record struct WriteResult<T>(T Value, bool IsKept)
{
    public static implicit operator WriteResult<T>(T value) => new(value, IsKept: true);

    public static WriteResult<T> Undone(T value) => new(value, IsKept: false);
}
