using System.Text;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Grains;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Orleans.Tests.Batches;

/// <summary>The bytes of a batch, which builds of two releases read.</summary>
public sealed class LimitBatchFormatTests
{
    private static readonly LimitSpecMessage[] Specs =
        [new SpecCatalog().ToMessage(TestSilos.TenAnHour), new SpecCatalog().ToMessage(TestSilos.TenASecond)];

    [Fact]
    public void A_request_is_written_as_ever()
    {
        Span<byte> bytes = stackalloc byte[LimitBatchFormat.MostCallBytes];

        var plain = LimitBatchFormat.Write(bytes, 1, isNamed: true, "a/b/c"u8, new LimitCallMessage(Specs[1], 2, 258, null, 0, 0));
        Assert.Equal("01020102010000000000000500612F622F63", Convert.ToHexString(bytes[..plain]));
        var full = LimitBatchFormat.Write(bytes, 0, isNamed: false, "x"u8, new LimitCallMessage(Specs[0], 7, 1, "id", 3, 4));
        Assert.Equal(
            "000706010000000000000001007802696404000000000000000300000000000000", Convert.ToHexString(bytes[..full]));
    }

    [Fact]
    public void A_reply_is_written_as_ever()
    {
        Span<byte> bytes = stackalloc byte[LimitBatchFormat.MostReplyBytes];
        var all = new LimitReplyMessage(1, 2, 3, 4, 5, 6, 7, 8, -1, 10, 11, 12, Specs[0], 13);

        var full = LimitBatchFormat.Write(bytes, 63, all, silo: 13, newerSpec: 1);
        Assert.Equal(LimitBatchFormat.MostReplyBytes, full);
        Assert.Equal(
            "3F010203FF07" + "0400000000000000" + "0500000000000000" + "0600000000000000" + "0700000000000000" + "0800000000000000"
                + "FFFFFFFFFFFFFFFF" + "0A00000000000000" + "0C00000000000000" + "0B00000000000000" + "0D000000" + "01",
            Convert.ToHexString(bytes[..full]));
        var empty = LimitBatchFormat.Write(bytes, 0, WireMap.Failed(ReplyKind.Unavailable), silo: 0, newerSpec: 0);
        Assert.Equal("000100000000", Convert.ToHexString(bytes[..empty]));
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var dice = new Dice(20_261_130);
        for (var round = 0; round < 300; round++)
        {
            var calls = Enumerable.Range(0, (int)dice.From(1, 64)).Select(_ => Call(dice)).ToArray();
            var names = calls.Select(_ => new string('k', (int)dice.From(1, 386))).ToArray();
            var replies = calls.Select(_ => Reply(dice)).ToArray();
            var bytes = new byte[64 * LimitBatchFormat.MostCallBytes];
            var length = 0;
            for (var i = 0; i < calls.Length; i++)
                length += LimitBatchFormat.Write(
                    bytes.AsSpan(length), Array.IndexOf(Specs, calls[i].Spec), i % 2 == 0, Encoding.UTF8.GetBytes(names[i]), calls[i]);
            ReadOnlySpan<byte> left = bytes.AsSpan(0, length);
            for (var i = 0; i < calls.Length; i++)
            {
                LimitBatchFormat.Read(ref left, Specs, out var isNamed, out var name, out var call);
                Assert.Equal((i % 2 == 0, names[i], calls[i]), (isNamed, Encoding.UTF8.GetString(name), call));
            }

            Assert.True(left.IsEmpty);
            length = 0;
            for (var i = 0; i < replies.Length; i++)
            {
                length += LimitBatchFormat.Write(
                    bytes.AsSpan(length), i, replies[i], (uint)replies[i].Silo, Array.IndexOf(Specs, replies[i].NewerSpec));
            }

            left = bytes.AsSpan(0, length);
            for (var i = 0; i < replies.Length; i++)
            {
                LimitBatchFormat.Read(ref left, Specs, out var place, out var reply);
                Assert.Equal((i, replies[i]), (place, reply));
            }

            Assert.True(left.IsEmpty);
        }
    }

    [Fact]
    public void An_algorithms_number_names_its_own_actor()
    {
        foreach (var algorithm in Enum.GetValues<Algorithm>())
        {
            var spec = new SpecCatalog().ToMessage(LimitSpec.Of(algorithm, Bandwidth.Of(1, TimeSpan.FromSeconds(1))));
            Assert.Equal(ActorTypes.Of(algorithm), ActorKinds.TypeOf(ActorKinds.OfAlgorithm(spec.Algorithm)).ToString());
        }

        Assert.Throws<NotSupportedException>(() => ActorKinds.OfAlgorithm(7));
        Assert.Throws<NotSupportedException>(() => ActorKinds.OfAlgorithm(255));
    }

    private static LimitCallMessage Call(Dice dice) => new(
        dice.OneOf(Specs), (byte)dice.From(0, 7), dice.From(0, long.MaxValue),
        dice.OnceIn(2) ? null : new string('i', (int)dice.From(1, 64)), dice.OnceIn(2) ? 0 : dice.Bits(), dice.OnceIn(2) ? 0 : dice.Bits());

    private static LimitReplyMessage Reply(Dice dice) => new(
        (byte)dice.From(0, 6), (byte)dice.From(0, 3), (byte)dice.From(0, 3), Number(dice), Number(dice), Number(dice), Number(dice),
        Number(dice), Number(dice), Number(dice), (ulong)Number(dice), (ulong)Number(dice), dice.OnceIn(3) ? dice.OneOf(Specs) : null,
        (ulong)dice.From(0, uint.MaxValue));

    private static long Number(Dice dice) => dice.OneOf(0, -1, 1, (long)dice.Bits());
}
