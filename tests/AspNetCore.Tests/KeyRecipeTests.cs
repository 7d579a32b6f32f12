using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using OrleansLimiter.AspNetCore.Recipes;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

public sealed class KeyRecipeTests
{
    [Theory]
    [InlineData("ip", "203.0.113.7")]
    [InlineData("user", "alice")]
    [InlineData("header:X-Device", "d1")]
    [InlineData("HEADER:x-device", "d1")]
    [InlineData("route:id", "42")]
    [InlineData("user+ip", "alice+203.0.113.7")]
    [InlineData(" route:ID + user ", "42+alice")]
    [InlineData("claim:org", "acme")]
    [InlineData("CLAIM:ORG+ip", "acme+203.0.113.7")]
    [InlineData("claim:http://schemas.example/plan", "gold~1")]
    [InlineData("header:X-Missing", "~-")]
    [InlineData("route:missing+ip", "~-+203.0.113.7")]
    [InlineData("header:X-Odd", "a~1b~0c")]
    public void A_recipe_makes_the_subject_of_a_request(string recipe, string subject) =>
        Assert.Equal(subject, Recipe(recipe).SubjectOf(Request(user: "alice")));

    [Fact]
    public void Without_a_user_the_address_counts_and_is_no_user_of_that_name()
    {
        Assert.Equal("~@203.0.113.7", Recipe("user").SubjectOf(Request(user: null)));
        Assert.Equal("~0@203.0.113.7", Recipe("user").SubjectOf(Request(user: "~@203.0.113.7")));
    }

    [Fact]
    public void An_identity_that_is_not_authenticated_is_no_user()
    {
        var request = Request(user: null);
        request.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "alice")]));
        Assert.Equal("~@203.0.113.7", Recipe("user").SubjectOf(request));
    }

    [Fact]
    public void The_name_identifier_stands_in_for_a_missing_sub()
    {
        var request = Request(user: null);
        request.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "bob")], "test"));
        Assert.Equal("bob", Recipe("user").SubjectOf(request));
    }

    [Theory]
    [InlineData("claim:missing", true)]
    [InlineData("claim:empty", true)]
    [InlineData("claim:org", false)]
    public void Without_the_claim_or_without_a_user_the_address_counts(string recipe, bool isKnown) =>
        Assert.Equal("~@203.0.113.7", Recipe(recipe).SubjectOf(Request(isKnown ? "alice" : null)));

    [Fact]
    public void Claims_of_an_identity_that_is_not_authenticated_do_not_count()
    {
        var request = Request(user: null);
        request.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim("org", "acme")]));
        Assert.Equal("~@203.0.113.7", Recipe("claim:org").SubjectOf(request));
    }

    [Theory]
    [InlineData("alice+ads@example.com", "alice+ads@example.com")]
    [InlineData("", "~-")]
    [InlineData(null, "~-")]
    [InlineData("~-", "~0-")]
    [InlineData("~0-", "~00-")]
    [InlineData("~#x", "~0#x")]
    public void What_code_says_is_the_subject_and_never_another_ones_mark(string? said, string subject) =>
        Assert.Equal(subject, KeyRecipe.Of(_ => said).SubjectOf(new DefaultHttpContext()));

    [Theory]
    [InlineData(256, false)]
    [InlineData(257, true)]
    public void What_code_says_at_too_great_length_is_hashed(int length, bool isHashed) =>
        Assert.Equal(
            isHashed, KeyRecipe.Of(_ => new string('x', length)).SubjectOf(new DefaultHttpContext())
                .StartsWith("~#", StringComparison.Ordinal));

    [Fact]
    public void Different_values_never_make_one_subject()
    {
        string[] values = ["", "a", "b", "+", "~", "a+b", "+b", "a+", "~-", "~1", "~0", "~#", "a~1b"];
        var recipe = Recipe("header:X-A+header:X-B");
        var subjects = new Dictionary<string, (string, string)>();
        foreach (var a in values)
        {
            foreach (var b in values)
            {
                var request = new DefaultHttpContext();
                request.Request.Headers["X-A"] = a;
                request.Request.Headers["X-B"] = b;
                Assert.True(subjects.TryAdd(recipe.SubjectOf(request), (a, b)), $"({a}, {b})");
            }
        }
    }

    [Theory]
    [InlineData(256, false)]
    [InlineData(257, true)]
    [InlineData(100_000, true)]
    public void A_value_that_is_too_long_for_a_key_is_hashed(int length, bool isHashed)
    {
        var request = new DefaultHttpContext();
        request.Request.Headers["X-Long"] = new string('x', length);
        var subject = Recipe("header:X-Long").SubjectOf(request);
        Assert.Equal(isHashed, subject.StartsWith("~#", StringComparison.Ordinal));
        Assert.True(SubjectKey.TryCreate(KeyScope.Of("~app", "p"), subject, out _, out _));
    }

    [Theory]
    [InlineData(0x0001, true)]
    [InlineData(0x009f, true)]
    [InlineData(0xd800, true)]
    [InlineData(0x00e9, false)]
    public void A_value_that_no_key_may_be_is_hashed(int character, bool isHashed)
    {
        var request = new DefaultHttpContext();
        request.Request.RouteValues["id"] = "a" + (char)character;
        var subject = Recipe("route:id").SubjectOf(request);
        Assert.Equal(isHashed, subject.StartsWith("~#", StringComparison.Ordinal));
        Assert.True(SubjectKey.TryCreate(KeyScope.Of("~app", "p"), subject, out _, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("body")]
    [InlineData("body:email")]
    [InlineData("ip+")]
    [InlineData("ip+ip")]
    [InlineData("ip:1")]
    [InlineData("header")]
    [InlineData("header:")]
    [InlineData("header:a b")]
    [InlineData("claim")]
    [InlineData("claim:")]
    [InlineData("claim:a b")]
    [InlineData("claim:org+claim:ORG")]
    [InlineData("route:a-b")]
    [InlineData("user,ip")]
    [InlineData("header:X-A+header:x-a")]
    public void What_is_no_recipe_is_refused_with_the_rule(string? text)
    {
        Assert.False(KeyRecipe.TryParse(text, out _, out var error));
        Assert.Equal(
            $"key is '{text}': it must be one or more of ip, user, tenant, claim:<type>, header:<name> and route:<name>, each at most "
                + "once, joined by +.",
            error.ToString());
    }

    private static KeyRecipe Recipe(string text) =>
        KeyRecipe.TryParse(text, out var recipe, out var error) ? recipe : throw new ArgumentException(error.ToString());

    private static DefaultHttpContext Request(string? user)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse("::ffff:203.0.113.7");
        context.Request.Headers["X-Device"] = "d1";
        context.Request.Headers["X-Odd"] = "a+b~c";
        context.Request.RouteValues["id"] = 42;
        if (user is not null)
        {
            Claim[] claims = [new("sub", user), new("org", "acme"), new("org", "other"), new("http://schemas.example/Plan", "gold+"),
                new("empty", "")];
            context.User = new ClaimsPrincipal(new ClaimsIdentity(claims, "test"));
        }

        return context;
    }
}
