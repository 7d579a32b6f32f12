namespace OrleansLimiter.Limiter.Tests.PermitLeases;

public sealed class LeaseSimulationTests(ITestOutputHelper output)
{
    private const long Schedules = 10_000;
    private const long LongSchedules = 1_000_000;

    [Fact]
    public void No_schedule_spends_more_than_a_plain_key_has_whatever_happens_to_messages_owners_and_clocks() => PlayAll(1, Schedules);

    [Fact]
    [Trait("Length", "long")]
    public void No_schedule_of_a_million_does() => PlayAll(1_000_001, LongSchedules);

    // Schedules in which the audit itself was wrong once: it charged the wrong side.
    [Theory]
    [InlineData(1_190_434)]
    [InlineData(1_012_370)]
    [InlineData(1_298_945)]
    [InlineData(1_308_873)]
    [InlineData(1_350_098)]
    [InlineData(1_482_398)]
    public void Nor_does_one_that_a_run_of_a_million_stopped_at(long seed) => LeaseWorld.Play(seed, new LeaseFaultCounts());

    [Fact]
    public void A_timer_that_is_slower_than_the_margin_is_found() => Finds(new LeaseTampering(Rate: 600));

    [Fact]
    public void An_owner_that_forgets_what_is_out_is_found() => Finds(new LeaseTampering(ForgetsLedger: true));

    [Fact]
    public void A_lease_that_is_sent_back_and_spent_is_found() => Finds(new LeaseTampering(ReturnsWhatIsHeld: true));

    private static void Finds(LeaseTampering tampering)
    {
        var counts = new LeaseFaultCounts();
        Assert.Throws<LeaseViolationException>(() =>
        {
            for (var seed = 1L; seed <= Schedules; seed++)
                LeaseWorld.Play(seed, counts, tampering);
        });
    }

    private void PlayAll(long firstSeed, long schedules)
    {
        var counts = new LeaseFaultCounts();
        for (var seed = firstSeed; seed < firstSeed + schedules; seed++)
            LeaseWorld.Play(seed, counts);
        output.WriteLine($"{schedules} schedules: {counts}");

        // Each kind of fault came often, while permits were out: else nothing is proved of it.
        foreach (var fault in Enum.GetValues<LeaseFault>())
            Assert.True(counts[fault] > schedules / 100, $"{fault} came {counts[fault]} times only.");
        Assert.True(counts.SpentFromLeases > counts.SpentAtOwners / 4, $"Hardly any leases: {counts}.");
        Assert.True(counts.Returned > schedules / 10 && counts.Stranded > 0, $"Nothing came back, or nothing was stranded: {counts}.");
    }
}
