namespace OrleansLimiter.ClusterBench.Tests;

public class ArgumentsTests
{
    [Theory]
    [InlineData("rate 5", "'rate' is not an option with a value; they are written --name value.")]
    [InlineData("--seconds 5 --rate", "'--rate' is not an option with a value; they are written --name value.")]
    [InlineData("--rate 0", "--rate is '0'; it must be a whole number from 1 to 10.")]
    [InlineData("--rate 11", "--rate is '11'; it must be a whole number from 1 to 10.")]
    [InlineData("--rate +5", "--rate is '+5'; it must be a whole number from 1 to 10.")]
    [InlineData("--url ftp://a", "--url is 'ftp://a'; it must be like http://127.0.0.1:4000, without a path.")]
    [InlineData("--url http://a/b", "--url is 'http://a/b'; it must be like http://127.0.0.1:4000, without a path.")]
    [InlineData("--rat 5", "--rat is unknown; known are --rate, --seconds, --url.")]
    public void What_is_wrong_with_pairs_is_said(string line, string message) => Assert.Equal(
        message,
        Assert.Throws<UsageException>(() =>
        {
            var arguments = Arguments.OfPairs(line.Split(' '));
            arguments.Whole("rate", 5, 1, 10);
            arguments.Whole("seconds", 1, 10);
            arguments.Urls();
            arguments.RefuseOthers();
        }).Message);

    [Theory]
    [InlineData("faults", "'faults' is not an option; they are written --name value, or --name alone.")]
    [InlineData("--", "'--' is not an option; they are written --name value, or --name alone.")]
    [InlineData("--faults yes", "--faults takes no value, and has 'yes'.")]
    [InlineData("--faults --rate", "--rate is ''; it must be a whole number from 1 to 10.")]
    [InlineData("--fault", "--fault is unknown; known are --faults, --rate.")]
    public void What_is_wrong_with_flags_is_said(string line, string message) => Assert.Equal(
        message,
        Assert.Throws<UsageException>(() =>
        {
            var arguments = Arguments.OfPairsAndFlags(line.Split(' '));
            arguments.Flag("faults");
            arguments.Whole("rate", 5, 1, 10);
            arguments.RefuseOthers();
        }).Message);

    [Fact]
    public void An_option_is_the_last_of_its_name_or_its_default()
    {
        var arguments = Arguments.OfPairs(["--rate", "3", "--name", "--x", "--rate", "4"]);

        Assert.Equal(4, arguments.Whole("rate", 5, 1, 10));
        Assert.Equal(["3", "4"], arguments.All("rate"));
        Assert.Equal("--x", arguments.Text("name"));
        Assert.Equal((7, (int?)null, (string?)null),
            (arguments.Whole("seconds", 7, 1, 10), arguments.Whole("requests", 1, 10), arguments.Text("out")));
        Assert.Equal([new Uri("http://127.0.0.1:4000")], arguments.Urls());
        arguments.RefuseOthers();
    }

    [Fact]
    public void A_flag_stands_alone_before_another_option_and_at_the_end()
    {
        var arguments = Arguments.OfPairsAndFlags(["--faults", "--rate", "4", "--demo"]);

        Assert.True(arguments.Flag("faults"));
        Assert.True(arguments.Flag("demo"));
        Assert.False(arguments.Flag("other"));
        Assert.Equal(4, arguments.Whole("rate", 5, 1, 10));
        arguments.RefuseOthers();
    }
}
