using OrleansLimiter.ClusterBench.Http;
using OrleansLimiter.ClusterBench.Report;

namespace OrleansLimiter.ClusterBench.Tests;

public class WindowMaximumTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_is_what_trying_every_window_finds(int seed)
    {
        var random = new Random(seed);
        for (var schedule = 0; schedule < 1000; schedule++)
        {
            var admissions = Enumerable.Range(0, random.Next(12)).Select(_ =>
            {
                var from = random.Next(40);
                return new Admission(from, from + random.Next(4), random.Next(1, 4), random.Next(2) == 0
                    ? AnswerSource.Cluster
                    : AnswerSource.Local);
            }).ToArray();
            var window = random.Next(1, 20);

            var maximum = WindowMaximum.Of(admissions, window);

            Assert.Equal(Enumerable.Range(0, 41).Max(from => Inside(admissions, from, window).Sum(one => one.Permits)), maximum.Permits);
            var inside = Inside(admissions, maximum.From, window).ToArray();
            Assert.Equal(maximum.Permits, inside.Sum(one => one.Permits));
            foreach (var source in AnswerSources.All)
                Assert.Equal(inside.Where(one => one.Source == source).Sum(one => one.Permits), maximum.BySource.GetValueOrDefault(source));
        }
    }

    [Fact]
    public void A_window_is_open_at_its_end()
    {
        Admission[] admissions = [new(0, 0, 1, AnswerSource.Cluster), new(10, 10, 1, AnswerSource.Cluster)];

        Assert.Equal(1, WindowMaximum.Of(admissions, 10).Permits);
        Assert.Equal(2, WindowMaximum.Of(admissions, 11).Permits);
    }

    private static IEnumerable<Admission> Inside(Admission[] admissions, long from, long window) =>
        admissions.Where(one => one.From >= from && one.To < from + window);
}
