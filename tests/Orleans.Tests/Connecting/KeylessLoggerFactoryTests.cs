using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Engines.Orleans.Connecting;
using OrleansLimiter.Grains;
using Xunit;

namespace OrleansLimiter.Orleans.Tests.Connecting;

public sealed class KeylessLoggerFactoryTests
{
    private const string Key = "acme/default/joe@example.com";
    private const string Actor = $"ol.limit/{Key}";

    [Fact]
    public void A_key_in_a_line_is_taken_out_and_the_rest_stays()
    {
        var lines = Log(logger => logger.Log(
            LogLevel.Warning, 7, $"Activation of {Actor} failed on silo S1, not that of sys.svc/x", null, (state, _) => state));

        var line = "Activation of ol.limit/*** failed on silo S1, not that of sys.svc/x";
        Assert.Equal([$"Warning Orleans 7: {line}|{line}||"], lines.All);
    }

    [Fact]
    public void Every_key_of_a_line_is_taken_out() => Assert.Equal(
        "Request [client -> ol.limit/*** ol.limit/***\nol.limit/***",
        KeylessLoggerFactory.WithoutKeys($"Request [client -> ol.limit/a/b/c] ol.limit/{new string('x', 200)}\n{Actor}"));

    [Theory]
    [MemberData(nameof(ActorTypesOfLimits))]
    public void The_key_of_every_kind_of_limits_actor_is_taken_out(string type) =>
        Assert.Equal($"The activation [{type}/*** is gone", KeylessLoggerFactory.WithoutKeys($"The activation [{type}/{Key}] is gone"));

    public static TheoryData<string> ActorTypesOfLimits() => [ActorTypes.Common, .. Enum.GetValues<Algorithm>().Select(ActorTypes.Of)];

    [Theory]
    [InlineData("x]joe@example.com")]
    [InlineData("x,joe@example.com")]
    [InlineData("x\"joe@example.com")]
    [InlineData("x)joe@example.com")]
    [InlineData("x;joe@example.com|")]
    [InlineData("x<joe@example.com>")]
    public void A_key_does_not_end_at_a_character_that_keys_may_hold(string subject)
    {
        var text = KeylessLoggerFactory.WithoutKeys($"The activation [ol.limit/acme/default/{subject}] is gone");

        Assert.DoesNotContain("joe", text, StringComparison.Ordinal);
        Assert.EndsWith(" is gone", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_taken_out_of_an_exception_its_causes_and_what_it_is_logged_with()
    {
        var failure = new InvalidOperationException($"{Actor} failed", new TimeoutException($"No answer of {Actor} in time"));

        var line = Log(logger => logger.Log(LogLevel.Error, 0, $"What failed is {Actor}", failure, (state, _) => state)).All.Single();

        Assert.DoesNotContain("joe", line, StringComparison.Ordinal);
        Assert.Contains("System.InvalidOperationException: ol.limit/*** failed", line, StringComparison.Ordinal);
        Assert.Contains("System.TimeoutException: No answer of ol.limit/*** in time", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Scopes_which_may_hold_keys_in_any_form_are_dropped()
    {
        var lines = Log(logger =>
        {
            using var scope = logger.BeginScope(Actor);
            logger.Log(LogLevel.Warning, 0, "line", null, (state, _) => state);
        });

        Assert.Single(lines.All);
        Assert.Empty(lines.Scopes);
    }

    [Fact]
    public void What_is_not_wanted_is_not_even_written()
    {
        var written = 0;

        var lines = Log(
            logger =>
            {
                Assert.False(logger.IsEnabled(LogLevel.Information));
                Assert.True(logger.IsEnabled(LogLevel.Warning));
                logger.Log(LogLevel.Information, 0, 0, null, (_, _) => $"{++written}");
            },
            LogLevel.Warning);

        Assert.Empty(lines.All);
        Assert.Equal(0, written);
    }

    [Fact]
    public void Warnings_that_no_id_tells_apart_do_not_stand_in_for_each_other()
    {
        var lines = Log(logger =>
        {
            logger.Log(LogLevel.Warning, 0, "one", null, (state, _) => state);
            logger.Log(LogLevel.Warning, 0, "two", null, (state, _) => state);
        });

        Assert.Equal(2, lines.All.Count);
    }

    [Theory]
    [InlineData(LogLevel.Warning)]
    [InlineData(LogLevel.Error)]
    public void A_warning_that_repeats_itself_is_let_through_once_in_ten_seconds_and_counts_the_others(LogLevel level)
    {
        var (lines, time) = (new Lines(), new FakeTimeProvider());
        using var keyless = new KeylessLoggerFactory(lines, time);
        var logger = keyless.CreateLogger("Orleans");

        for (var i = 0; i < 3; i++)
            Write(logger, 1);
        Write(logger, 2);
        Write(keyless.CreateLogger("Orleans.Other"), 1);
        time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Write(logger, 1);
        time.Advance(TimeSpan.FromTicks(1));
        Write(logger, 1);
        time.Advance(TimeSpan.FromSeconds(10));
        Write(logger, 1);

        Assert.Equal(
            ["Orleans 1: Failed", "Orleans 2: Failed", "Orleans.Other 1: Failed", "Orleans 1: Failed (and 3 more like this before it)",
                "Orleans 1: Failed"],
            lines.All.Select(line => line.Split('|')[0][$"{level} ".Length..]));

        void Write(ILogger to, int id) => to.Log(level, id, "Failed", null, (state, _) => state);
    }

    [Fact]
    public void What_is_no_warning_is_told_as_often_as_it_happens()
    {
        var lines = Log(logger =>
        {
            for (var i = 0; i < 3; i++)
                logger.Log(LogLevel.Information, 1, "Again", null, (state, _) => state);
        });

        Assert.Equal(3, lines.All.Count);
    }

    [Fact]
    public void The_factory_that_is_wrapped_outlives_the_wrapping_one()
    {
        var lines = new Lines();

        new KeylessLoggerFactory(lines, TimeProvider.System).Dispose();

        Assert.False(lines.IsDisposed);
    }

    private static Lines Log(Action<ILogger> log, LogLevel least = LogLevel.Trace)
    {
        var lines = new Lines { Least = least };
        using var keyless = new KeylessLoggerFactory(lines, new FakeTimeProvider());
        log(keyless.CreateLogger("Orleans"));
        return lines;
    }
}
