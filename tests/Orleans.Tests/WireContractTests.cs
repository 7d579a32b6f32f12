using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Grains;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Records;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>
/// What crosses the cluster, as reviewed text. Silos and front ends of two releases run side by side: names, ids and numbers may
/// be added to, and never change their meaning.
/// </summary>
public sealed class WireContractTests
{
    private static readonly Type[] Allowed =
    [
        typeof(byte), typeof(long), typeof(ulong), typeof(string), typeof(ImmutableArray<long>), typeof(ImmutableArray<string>),
            typeof(ImmutableArray<ValveAnswerMessage>), typeof(ImmutableArray<LimitSpecMessage>),
        typeof(byte[]), typeof(CancellationToken),
    ];

    [Fact]
    public void The_wire_contract_is_the_reviewed_one()
    {
        using var stream = typeof(WireContractTests).Assembly.GetManifestResourceStream("WireContract.txt")!;
        using var reader = new StreamReader(stream);

        Assert.Equal(reader.ReadToEnd(), Describe());
    }

    [Fact]
    public void Messages_hold_primitives_and_each_other_alone()
    {
        var messages = Messages().ToHashSet();
        Assert.Equal(15, messages.Count);
        foreach (var member in messages.SelectMany(Members))
            Assert.True(
                Allowed.Contains(member.PropertyType) || messages.Contains(member.PropertyType), $"{member.DeclaringType}.{member.Name}");
    }

    [Fact]
    public void Messages_are_immutable_and_their_ids_are_dense()
    {
        foreach (var message in Messages())
        {
            Assert.NotNull(message.GetCustomAttribute<ImmutableAttribute>());
            var members = Members(message).ToList();
            Assert.Equal(Enumerable.Range(0, members.Count).Select(id => (uint)id), members.Select(IdOf));
            Assert.All(members, member => Assert.True(
                member.SetMethod is null || member.SetMethod.ReturnParameter.GetRequiredCustomModifiers()
                    .Any(modifier => modifier.Name == "IsExternalInit"),
                $"{message.Name}.{member.Name} can be set"));
        }
    }

    [Fact]
    public void A_call_and_a_reply_survive_the_wire_in_every_field()
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        var spec = new LimitSpecMessage(3, long.MaxValue, ulong.MaxValue, [1, 2, 3, 4, 5, 6]);
        var call = new LimitCallMessage(spec, 5, 7, "id", 11, 13);
        var reply = new LimitReplyMessage(1, 2, 3, 4, 5, 6, 7, 8, -1, 10, 11, 12, spec, 13);

        var callBack = serializer.Deserialize<LimitCallMessage>(serializer.SerializeToArray(call));
        var replyBack = serializer.Deserialize<LimitReplyMessage>(serializer.SerializeToArray(reply));

        // An immutable array equals itself alone: its numbers are compared, then it is put in the copy's place.
        Assert.Equal(spec.Bandwidths.AsSpan(), callBack.Spec.Bandwidths.AsSpan());
        Assert.Equal(spec.Bandwidths.AsSpan(), replyBack.NewerSpec!.Bandwidths.AsSpan());
        Assert.Equal(call, callBack with { Spec = callBack.Spec with { Bandwidths = spec.Bandwidths } });
        Assert.Equal(reply, replyBack with { NewerSpec = replyBack.NewerSpec with { Bandwidths = spec.Bandwidths } });
    }

    [Fact]
    public void A_spec_that_is_not_the_version_it_names_or_no_spec_at_all_is_refused()
    {
        var good = new SpecCatalog().ToMessage(TestSilos.TenAnHour);
        Assert.Equal(TestSilos.TenAnHour.Version, new SpecCatalog().ToSpec(good).Version);
        foreach (var bad in (LimitSpecMessage[])[
            good with { ContentHash = good.ContentHash + 1 },
            good with { Algorithm = 1 },
            good with { Algorithm = 7 },
            good with { Revision = -1 },
            good with { Bandwidths = [10, 1_000_000, 0] },
            good with { Bandwidths = [10, -1, 0] },
            good with { Bandwidths = [10, long.MaxValue, 0] },
            good with { Bandwidths = [10, 1_000_000] },
            good with { Bandwidths = [] },
            good with { Bandwidths = default }])
            Assert.ThrowsAny<ArgumentException>(() => new SpecCatalog().ToSpec(bad));
    }

    private static string Describe()
    {
        var text = new StringBuilder();
        foreach (var type in typeof(ILimitGrain).Assembly.GetTypes()
            .Where(type => type.IsInterface && type.GetCustomAttribute<AliasAttribute>() is not null)
            .OrderBy(AliasOf, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture,
                $"interface {AliasOf(type)}: {string.Join(", ", type.GetInterfaces().Select(NameOf).Order(StringComparer.Ordinal))}\n");
            foreach (var method in type.GetMethods())
                text.Append(CultureInfo.InvariantCulture,
                    $"  {method.GetCustomAttribute<AliasAttribute>()!.Alias}"
                    + $"({string.Join(", ", method.GetParameters().Select(parameter => NameOf(parameter.ParameterType)))})"
                    + $" -> {NameOf(method.ReturnType)}\n");
        }

        foreach (var message in Messages())
        {
            text.Append(CultureInfo.InvariantCulture, $"{(message.IsValueType ? "struct" : "class")} {AliasOf(message)}\n");
            foreach (var member in Members(message))
                text.Append(CultureInfo.InvariantCulture, $"  {IdOf(member)} {member.Name}: {NameOf(member.PropertyType)}\n");
        }

        Numbers(text, "algorithm", Enum.GetValues<Algorithm>().Select(algorithm =>
            (AlgorithmNames.NameOf(algorithm), new SpecCatalog()
                .ToMessage(LimitSpec.Of(algorithm, Bandwidth.Of(1, TimeSpan.FromSeconds(1)))).Algorithm)));
        Numbers(text, "operation", Enum.GetValues<Operation>().Select(operation =>
            (operation.ToString(), WireMap.ToMessage(
                new LimitRequest(TestSilos.Key("a"), TestSilos.TenAnHour, operation, Permits.One), new SpecCatalog()).Operation)));
        Numbers(text, "outcome", Enum.GetValues<Outcome>().Select(outcome =>
            (outcome.ToString(), WireMap.ToMessage(EngineReply.Decided(new Decision { Outcome = outcome }), new SpecCatalog()).Outcome)));
        Numbers(text, "queue state", Enum.GetValues<QueueState>()
            .Select(state => (state.ToString(), ValveWireMap.ToMessage(new ValveAnswer { State = state }).State)));
        Numbers(text, "valve phase", Enum.GetValues<ValvePhase>()
            .Select(phase => (phase.ToString(), ValveWireMap.ToMessage(new ValveAnswer { Phase = phase }).Phase)));
        Numbers(text, "valve command",
            ((ReadOnlySpan<ValveCommand>)[ValveCommand.Pause, ValveCommand.Resume,
            ValveCommand.SetRates(ValveRates.Of(1, TimeSpan.FromSeconds(1), 1)), ValveCommand.SoldOut, ValveCommand.Close])
            .ToArray().Select(command => (command.Kind.ToString(), ValveWireMap.ToMessage(command).Command)));
        Numbers(text, "valve record", Enum.GetValues<ValveRecordKind>().Select(kind => (kind.ToString(), (byte)kind)));
        Numbers(text, "reply kind", Enum.GetValues<ReplyKind>().Select(kind => (kind.ToString(), (byte)kind)));
        return text.ToString();
    }

    private static void Numbers(StringBuilder text, string what, IEnumerable<(string Name, byte Number)> values)
    {
        foreach (var (name, number) in values)
            text.Append(CultureInfo.InvariantCulture, $"{what} {number} {name}\n");
    }

    private static IEnumerable<Type> Messages() => typeof(ILimitGrain).Assembly.GetTypes()
        .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null)
        .OrderBy(AliasOf, StringComparer.Ordinal);

    private static IEnumerable<PropertyInfo> Members(Type message) =>
        message.GetProperties().Where(property => property.GetCustomAttribute<IdAttribute>() is not null).OrderBy(IdOf);

    private static uint IdOf(PropertyInfo member) => member.GetCustomAttribute<IdAttribute>()!.Id;

    private static string AliasOf(Type type) => type.GetCustomAttribute<AliasAttribute>()!.Alias;

    private static string NameOf(Type type) => type.GetCustomAttribute<AliasAttribute>() is { } alias
        ? alias.Alias
        : type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}"
                + $"<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
            : type.Name;
}
