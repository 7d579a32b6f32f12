using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests.Limits;

public sealed class SubjectKeyTests
{
    private static readonly KeyScope Scope = KeyScope.Of("acme", "default");

    [Theory]
    [InlineData("user_123", "user_123")]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("a%2Fb", "a%252Fb")]
    [InlineData("{tag}", "%7Btag%7D")]
    [InlineData("two words", "two%20words")]
    [InlineData("#hash", "%23hash")]
    [InlineData("a#b", "a#b")]
    [InlineData("Grüße", "Gr%C3%BC%C3%9Fe")]
    [InlineData("\U0001F600", "%F0%9F%98%80")]
    [InlineData("!\"$&'()*+,-.:;<=>?@[\\]^_`|~", "!\"$&'()*+,-.:;<=>?@[\\]^_`|~")]
    public void A_subject_is_kept_in_its_composite_form(string subject, string composite)
    {
        var key = SubjectKey.Of(Scope, subject);

        Assert.Equal(composite, key.Subject);
        Assert.Equal($"acme/default/{composite}", key.ToString());
    }

    [Theory]
    [InlineData(null, "key is missing: it must be 1 to 256 bytes of UTF-8.")]
    [InlineData("", "key is empty: it must be 1 to 256 bytes of UTF-8.")]
    [InlineData("a\nb", "key is not plain text: it must not hold control characters.")]
    [InlineData("\u007f", "key is not plain text: it must not hold control characters.")]
    [InlineData("\u0085", "key is not plain text: it must not hold control characters.")]
    public void A_wrong_subject_is_refused_without_being_repeated(string? subject, string complaint)
    {
        Assert.False(SubjectKey.TryCreate(Scope, subject, out _, out var error));
        Assert.Equal(complaint, error.ToString());
    }

    [Fact]
    public void Lone_surrogates_are_refused_wherever_they_stand()
    {
        foreach (var subject in (string[])["\ud83d", "\ude00", "a\ud83d", "\ud83da", "\ude00\ud83d", "\ud83d\ude00\ud83d"])
        {
            Assert.False(SubjectKey.TryCreate(Scope, subject, out _, out var error));
            Assert.Equal("key is not valid Unicode: it must not hold a lone surrogate.", error.ToString());
        }
    }

    [Fact]
    public void A_subject_is_at_most_256_bytes_as_sent()
    {
        Assert.True(SubjectKey.TryCreate(Scope, new string('a', 256), out _, out _));
        Assert.True(SubjectKey.TryCreate(Scope, new string('ü', 128), out _, out _));
        Assert.False(SubjectKey.TryCreate(Scope, new string('a', 257), out _, out var error));
        Assert.Equal("key is 257 bytes: it must be 1 to 256 bytes of UTF-8.", error.ToString());
        Assert.False(SubjectKey.TryCreate(Scope, new string('ü', 127) + "aaa", out _, out error));
        Assert.Equal("key is 257 bytes: it must be 1 to 256 bytes of UTF-8.", error.ToString());
    }

    [Fact]
    public void A_subject_over_192_bytes_after_escaping_is_kept_as_its_hash()
    {
        Assert.Equal(new string('a', 192), SubjectKey.Of(Scope, new string('a', 192)).Subject);
        Assert.Equal("#M_k6mHnvGPl3kVCy26zm-MwXsp4a9r5OEEj8ZHSJ8cI", SubjectKey.Of(Scope, new string('a', 193)).Subject);

        // 64 times three bytes are 192, and one more character is too much.
        Assert.Equal(string.Concat(Enumerable.Repeat("%2F", 64)), SubjectKey.Of(Scope, new string('/', 64)).Subject);
        Assert.StartsWith("#", SubjectKey.Of(Scope, new string('/', 64) + "a").Subject, StringComparison.Ordinal);
        Assert.StartsWith("%23", SubjectKey.Of(Scope, "#" + new string('a', 189)).Subject, StringComparison.Ordinal);
        Assert.StartsWith("#", SubjectKey.Of(Scope, "#" + new string('a', 190)).Subject, StringComparison.Ordinal);
    }

    [Fact]
    public void No_sent_subject_passes_for_another_ones_hash()
    {
        var hash = SubjectKey.Of(Scope, new string('a', 193)).Subject;

        Assert.NotEqual(hash, SubjectKey.Of(Scope, hash).Subject);
    }

    [Fact]
    public void Different_subjects_never_share_a_composite_form() => Holds(
        Pairs().ToArbitrary(),
        pair => pair.One == pair.Other == (SubjectKey.Of(Scope, pair.One) == SubjectKey.Of(Scope, pair.Other)));

    [Fact]
    public void The_composite_form_is_visible_ascii_without_slashes_and_braces_and_at_most_192_long() => Holds(
        Subjects().ToArbitrary(),
        subject =>
        {
            var composite = SubjectKey.Of(Scope, subject).Subject;
            return composite.Length is >= 1 and <= 192 && composite.All(c => c is > ' ' and <= '~' and not ('/' or '{' or '}'));
        });

    [Fact]
    public void Keys_of_two_tenants_or_two_policies_are_two_keys()
    {
        var keys = new[] { ("acme", "default"), ("acme", "login"), ("other", "default"), (KeyScope.OwnTenant, "default") }
            .Select(scope => SubjectKey.Of(KeyScope.Of(scope.Item1, scope.Item2), "user_123"))
            .ToList();

        Assert.Equal(4, keys.Distinct().Count());
        Assert.Equal(4, keys.Select(key => key.ToString()).Distinct().Count());
        Assert.Equal(keys[0], SubjectKey.Of(KeyScope.Of("acme", "default"), "user_123"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Acme")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a_b")]
    [InlineData("~other")]
    [InlineData("ü")]
    public void Tenants_and_policies_have_plain_names(string name)
    {
        Assert.StartsWith($"tenant is '{name}': it must be 1 to 64 characters of a-z, 0-9 and -.",
            Assert.Throws<ArgumentException>(() => KeyScope.Of(name, "default")).Message, StringComparison.Ordinal);
        Assert.StartsWith($"policy is '{name}': it must be 1 to 64 characters of a-z, 0-9 and -.",
            Assert.Throws<ArgumentException>(() => KeyScope.Of("acme", name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_at_most_64_long_and_the_own_tenant_is_no_policy()
    {
        Assert.Equal($"{new string('a', 64)}/0-9", KeyScope.Of(new string('a', 64), "0-9").ToString());
        Assert.Throws<ArgumentException>(() => KeyScope.Of(new string('a', 65), "default"));
        Assert.Throws<ArgumentException>(() => KeyScope.Of("acme", KeyScope.OwnTenant));
    }

    // Letters that are escaped, that escapes are made of, and that only look alike; around the lengths where the form changes.
    private static Gen<string> Subjects() =>
        from parts in Gen.Elements(
            "a", "%", "/", "{", "}", " ", "#", "2", "F", "f", "%2F", "%25", "ü", "u\u0308", "\u00a0", "\U0001F600", "A").ListOf()
        from filler in Gen.Elements(0, 0, 0, 100, 180, 190)
        let subject = string.Concat(parts) + new string('a', filler)
        where subject.Length > 0 && Encoding.UTF8.GetByteCount(subject) <= SubjectKey.MaxBytes
        select subject;

    private static Gen<(string One, string Other)> Pairs() =>
        from one in Subjects()
        from other in Gen.OneOf(
            Subjects(), Gen.Constant(one), Gen.Constant(SubjectKey.Of(Scope, one).Subject), Gen.Constant(Uri.UnescapeDataString(one)))
        where SubjectKey.TryCreate(Scope, other, out _, out var _)
        select (one, other);

    private static void Holds<T>(Arbitrary<T> values, Func<T, bool> property) => Prop.ForAll(values, property).Check(
        Config.QuickThrowOnFailure
            .WithMaxTest(20_000)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(12_345, 67_891), FSharpOption<int>.None))));
}
