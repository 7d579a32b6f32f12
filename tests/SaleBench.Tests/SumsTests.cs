using OrleansLimiter.SaleBench.Check;
using OrleansLimiter.SaleBench.Http;
using OrleansLimiter.SaleBench.Report;
using Xunit;

namespace OrleansLimiter.SaleBench.Tests;

public sealed class SumsTests
{
    private static readonly Guid[] Tickets = [.. Enumerable.Range(0, 5).Select(_ => Guid.NewGuid())];

    [Fact]
    public void Percentiles_are_by_nearest_rank()
    {
        Assert.Equal(new Waits(10, 5, 9, 10, 10), Waits.Of(Enumerable.Range(1, 10).Reverse().Select(second => second * 1_000_000L)));
        Assert.Equal(new Waits(1, 2, 2, 2, 2), Waits.Of([2_000_000]));
        Assert.Equal(new Waits(0, 0, 0, 0, 0), Waits.Of([]));
    }

    [Fact]
    public void Books_find_what_is_missing_and_what_is_sold_twice()
    {
        Assert.Equal(new Books(3, 0, 2, 0), Books.Of([Tickets[..2], Tickets[2..3]], SaleOf(5), SaleOf(2)));
        Assert.Equal(new Books(3, 1, 2, -1), Books.Of([Tickets[..2], Tickets[1..2]], SaleOf(5), SaleOf(3)));
        Assert.Equal(new Books(2, 0, 2, 1), Books.Of([Tickets[..2]], SaleOf(4), SaleOf(1)));
        Assert.Equal(new Books(0, 0, 0, 0), Books.Of([], SaleOf(5), SaleOf(5)));
    }

    [Fact]
    public void One_failure_makes_the_verdict_bad()
    {
        var output = new StringWriter();
        var verdict = new Verdict(output);
        verdict.Check(holds: true, $"one is {1.5}");
        Assert.Equal(0, verdict.Status);
        verdict.Check(holds: false, $"two");
        verdict.Check(holds: true, $"three");
        Assert.Equal(1, verdict.Status);
        Assert.Equal(["  holds one is 1.5", "  FAILS two", "  holds three"], output.ToString().TrimEnd().ReplaceLineEndings("\n")
            .Split('\n'));
    }

    private static SaleInfo SaleOf(int available) => new(Guid.Empty, "A sale", "open", default, 1, "EUR", available, 5);
}
