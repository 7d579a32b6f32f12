using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using OrleansLimiter.Valve.Records;
using Xunit;

namespace OrleansLimiter.Valve.Tests;

/// <summary>What holds for every sale, whatever people and operators do, and wherever it crashes.</summary>
public sealed class ValvePropertyTests
{
    private const int Tests = 1_500;

    private static readonly ValveSpec[] Sales =
    [
        ValveRig.Sale(admissions: 1, perSeconds: 1, checkout: 2, opensAfter: 20, turn: 10),
        ValveRig.Sale(admissions: 3, perSeconds: 7, checkout: 1, opensAfter: 0, turn: 15),
        ValveRig.Sale(admissions: 1_000_000, perSeconds: 1, checkout: 3, opensAfter: 60, turn: 40),
    ];

    public static TheoryData<int> Numbers => [0, 1, 2];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Caps_order_and_what_was_told_are_kept(int sale) => Holds(sale, storesAtOnce: true);

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Caps_order_and_what_was_told_are_kept_wherever_it_crashes_and_whatever_was_not_stored(int sale) =>
        Holds(sale, storesAtOnce: false);

    [Fact]
    public void The_audit_finds_what_is_wrong()
    {
        var seed = ValveRig.SeedOf("seed");
        var rig = new ValveRig(ValveRig.Sale(admissions: 1, perSeconds: 2, checkout: 1, turn: 10));
        for (var user = 0; user < 3; user++)
            rig.Join(user);
        rig.PassSeconds(25);
        Assert.Null(Audit.Of(rig.Spec, seed, rig.Stored));

        var admissions = rig.Stored.Where(record => record.Kind == ValveRecordKind.Admitted).ToList();
        Assert.Equal(3, admissions.Count);
        Assert.Contains("overtook", Audit.Of(
            rig.Spec, seed, [.. rig.Stored.Where(record => record.Place != admissions[0].Place || record.Kind == ValveRecordKind.Joined)]),
            StringComparison.Ordinal);
        Assert.Contains("in checkout", Audit.Of(rig.Spec, seed, [.. rig.Stored.Where(record => record.Kind != ValveRecordKind.Ended)]),
            StringComparison.Ordinal);
        var hurried = rig.Stored.Select(record => record == admissions[1] ? record with { At = admissions[0].At } : record).ToList();
        Assert.Contains("in a window", Audit.Of(rig.Spec, seed, hurried), StringComparison.Ordinal);
        var again = rig.Stored.First(record => record.Kind == ValveRecordKind.Joined);
        Assert.Contains("second place", Audit.Of(rig.Spec, seed, [again, again with { Place = 99 }]), StringComparison.Ordinal);
    }

    private static void Holds(int sale, bool storesAtOnce) => Prop.ForAll(
        Gen.Choose(0, int.MaxValue - 1).ArrayOf().Resize(120).ToArbitrary(),
        numbers =>
        {
            var life = new RandomSale(Sales[sale], storesAtOnce);
            return (life.Play(numbers) ?? Audit.Of(Sales[sale], ValveRig.SeedOf("seed"), life.Records, crashed: !storesAtOnce))
                is not { } wrong
                ? true
                : throw new InvalidOperationException($"{wrong}, after {string.Join(", ", numbers)}");
        }).Check(Config.QuickThrowOnFailure
            .WithMaxTest(Tests)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_122, 67_891), FSharpOption<int>.None))));
}
