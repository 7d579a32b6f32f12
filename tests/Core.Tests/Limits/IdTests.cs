using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests.Limits;

public sealed class IdTests
{
    [Fact]
    public void A_request_id_is_1_to_64_visible_ascii_characters_or_none()
    {
        Assert.True(RequestId.TryCreate(null, out var none, out _));
        Assert.True(none.IsNone);
        Assert.Equal(RequestId.None, none);
        Assert.True(RequestId.TryCreate("!~" + new string('x', 62), out var id, out _));
        Assert.False(id.IsNone);
        Assert.Equal("!~" + new string('x', 62), id.Value);
    }

    [Theory]
    [InlineData("", "requestId is 0 characters: it must be 1 to 64 visible ASCII characters.")]
    [InlineData("a b", "requestId is 3 characters: it must be 1 to 64 visible ASCII characters.")]
    [InlineData("a\u007f", "requestId is 2 characters: it must be 1 to 64 visible ASCII characters.")]
    [InlineData("ä", "requestId is 1 characters: it must be 1 to 64 visible ASCII characters.")]
    [InlineData("a\n", "requestId is 2 characters: it must be 1 to 64 visible ASCII characters.")]
    public void A_wrong_request_id_is_refused_without_being_repeated(string value, string complaint)
    {
        Assert.False(RequestId.TryCreate(value, out var id, out var error));

        Assert.True(id.IsNone);
        Assert.Equal(complaint, error.ToString());
        Assert.StartsWith(complaint, Assert.Throws<ArgumentException>(() => RequestId.Of(value)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_id_of_65_characters_is_too_long() => Assert.False(RequestId.TryCreate(new string('x', 65), out _, out _));

    [Fact]
    public void A_lease_id_reads_what_it_writes()
    {
        foreach (var bits in (UInt128[])[1, UInt128.MaxValue, (UInt128)1 << 127, 0xABCDEF])
        {
            var id = new LeaseId(bits);
            Assert.Equal(32, id.ToString().Length);
            Assert.True(LeaseId.TryParse(id.ToString(), out var read));
            Assert.Equal(id, read);
            Assert.True(LeaseId.TryParse(id.ToString().ToUpperInvariant(), out read));
            Assert.Equal(id, read);
        }

        Assert.Equal("00000000000000000000000000abcdef", new LeaseId(0xABCDEF).ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("abcdef")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("0000000000000000000000000000000g")]
    [InlineData("000000000000000000000000000000001")]
    [InlineData(" 0000000000000000000000000000001")]
    [InlineData("0x000000000000000000000000000001")]
    [InlineData("-0000000000000000000000000000001")]
    public void What_is_not_32_hexadecimal_digits_of_something_is_no_lease(string? text)
    {
        Assert.False(LeaseId.TryParse(text, out var id));
        Assert.True(id.IsNone);
    }

    [Fact]
    public void Permits_are_at_least_0()
    {
        Assert.True(Permits.TryCreate(long.MaxValue, out var permits, out _));
        Assert.Equal(long.MaxValue, permits.Count);
        Assert.False(Permits.TryCreate(-1, out _, out var error));
        Assert.Equal("cost is -1: it must be at least 0.", error.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => Permits.Of(-1));
        Assert.Equal((0, 1), (Permits.Zero.Count, Permits.One.Count));
    }
}
