using System.Buffers.Binary;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis.Valve;

/// <summary>
/// What the valve's scripts are told, as the head of each lists it. Numbers of kinds are written out, so that none moves by accident.
/// </summary>
internal static class ValveArguments
{
    private const int SpecLength = 72; // and the sealed seed
    private const int UserLength = 16;

    /// <summary>What <c>valveBegin.lua</c> says that a valve was set up with.</summary>
    public static RedisValue Of(ValveSpec spec, DrawSeed seed, SeedSeal seal)
    {
        byte[] bytes = [.. new byte[SpecLength], .. seal.Seal(spec.Sale, seed)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, spec.PreQueueAt.Microseconds);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8), spec.OpensAt.Microseconds);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(16), spec.AcceptWithin.Ticks / TimeSpan.TicksPerMicrosecond);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(24), spec.MaxPlaces);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(32), seed.AdmissionBits());
        Convert.FromHexString(seed.Hash(), bytes.AsSpan(40, DrawSeed.Bytes), out _, out _);
        return bytes;
    }

    public static RedisValue Of(UserId user)
    {
        var bytes = new byte[UserLength];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, user.High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(sizeof(ulong)), user.Low);
        return bytes;
    }

    /// <summary>A wait in milliseconds (up); for ever is longer than any that counts.</summary>
    public static RedisValue Of(Wait wait) => RedisNumbers.Of(wait.MillisecondsUp ?? int.MaxValue);

    /// <summary>An admission's name: the valve's bits, and the place's number.</summary>
    public static RedisValue[] Of(AdmissionId id)
    {
        var bits = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bits, id.Valve);
        return [bits, RedisNumbers.Of(id.Place)];
    }

    /// <summary>Admissions, window, people in checkout.</summary>
    public static RedisValue[] Of(ValveRates rates) =>
        [RedisNumbers.Of(rates.Admissions), RedisNumbers.Of(rates.WindowMicroseconds), RedisNumbers.Of(rates.Checkout)];

    /// <summary>An ending's number: its place among the counts.</summary>
    public static RedisValue Of(PlaceEnding ending) => RedisNumbers.Of(ending switch
    {
        PlaceEnding.Left => 3,
        PlaceEnding.Completed => 6,
        PlaceEnding.Abandoned => 7,
        _ => throw new NotSupportedException($"Nobody asks for the ending {ending}."),
    });

    public static RedisValue Of(ValveCommandKind kind) => RedisNumbers.Of(kind switch
    {
        ValveCommandKind.Pause => 0,
        ValveCommandKind.Resume => 1,
        ValveCommandKind.SetRates => 2,
        ValveCommandKind.SoldOut => 3,
        ValveCommandKind.Close => 4,
        _ => throw new NotSupportedException($"There is no command {kind}."),
    });
}
