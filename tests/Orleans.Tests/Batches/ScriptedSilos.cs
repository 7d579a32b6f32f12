using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Reflection;
using System.Text;
using System.Threading.Channels;
using Orleans.Metadata;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Engines.Orleans.Batches;
using OrleansLimiter.Grains;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Orleans.Tests.Batches;

/// <summary>
/// Two silos that do as they are told, and say what they were asked. An actor that is called alone answers that it is in the first silo,
/// with the number of its call as what is left; so does a silo for each request of a batch, until it is told to hold them.
/// </summary>
internal sealed class ScriptedSilos : IClusterManifestProvider
{
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly Channel<HeldBatch> _batches = Channel.CreateUnbounded<HeldBatch>();
    private int _decided;

    public ScriptedSilos(bool takeBatches = true)
    {
        var none = ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);
        var grains = ImmutableDictionary<GrainType, GrainProperties>.Empty;
        foreach (var type in Enum.GetValues<Algorithm>().Select(ActorTypes.Of).Append(ActorTypes.Common))
            grains = grains.Add(GrainType.Create(type), new GrainProperties(none));
        var interfaces = ImmutableDictionary<GrainInterfaceType, GrainInterfaceProperties>.Empty;
        if (takeBatches)
            interfaces = interfaces.Add(GrainInterfaceType.Create(BatchingSilos.BatchesAlias), new GrainInterfaceProperties(none));
        LocalGrainManifest = new GrainManifest(grains, interfaces);
        SetSilos(One, Other);
    }

    public static SiloAddress One { get; } = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 31_001), 1);

    public static SiloAddress Other { get; } = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 31_002), 1);

    public FakeTimeProvider Time { get; } = new();

    public ClusterManifest Current { get; private set; } = null!;

    public IAsyncEnumerable<ClusterManifest> Updates => throw new InvalidOperationException("Nobody waits for them.");

    public GrainManifest LocalGrainManifest { get; }

    /// <summary>Whether batches wait to be answered by <see cref="HeldAsync"/>.</summary>
    public bool Hold { get; set; }

    /// <summary>Which silo the actors are in.</summary>
    public SiloAddress Home { get; set; } = One;

    /// <summary>What an actor that is asked alone does, where it does not simply decide.</summary>
    public Func<string, CancellationToken, Task<LimitReplyMessage>>? Alone { get; set; }

    /// <summary>What a silo does that is asked for the rest of a batch.</summary>
    public Func<long, Task<LimitBatchReplyMessage>>? Collect { get; set; }

    public void SetSilos(params SiloAddress[] silos) => Current = new ClusterManifest(
        new MajorMinorVersion((Current?.Version.Major ?? 0) + 1, 0),
        silos.ToImmutableDictionary(silo => silo, _ => LocalGrainManifest), [LocalGrainManifest]);

    public OrleansEngine Engine(BatchSettings? batches = null)
    {
        var gate = new ClusterGate();
        gate.Open(Proxy<IGrainFactory>((method, arguments) => Find(method, arguments[0]!)), this);
        return new OrleansEngine(gate, "", Time, batches);
    }

    /// <summary>What was asked since the last look: <c>alone:subject</c>, or <c>batch@port:subject,subject</c>.</summary>
    public string[] TakeAsked()
    {
        var asked = _asked.ToArray();
        _asked.Clear();
        return asked;
    }

    /// <summary>The next batch that came, from the first one on.</summary>
    public ValueTask<HeldBatch> HeldAsync(CancellationToken cancellationToken) => _batches.Reader.ReadAsync(cancellationToken);

    public LimitReplyMessage Decided(SiloAddress? silo = null) => new(
        (byte)ReplyKind.Decided, 0, 0, 1_000 - Interlocked.Increment(ref _decided), 1_000, 1, 0, 0, 0, 0, 0, 0, null,
        BatchingSilos.NumberOf(silo ?? Home));

    /// <summary>A reply to a batch.</summary>
    public static LimitBatchReplyMessage ReplyOf(long rest, params (int Place, LimitReplyMessage Reply)[] replies)
    {
        var bytes = new byte[replies.Length * LimitBatchFormat.MostReplyBytes];
        var length = 0;
        foreach (var (place, reply) in replies)
            length += LimitBatchFormat.Write(bytes.AsSpan(length), place, reply, (uint)reply.Silo, 0);
        return new LimitBatchReplyMessage(rest, [], bytes[..length]);
    }

    private static T Proxy<T>(Func<MethodInfo, object?[], object> script)
        where T : class
    {
        var proxy = DispatchProxy.Create<T, MethodProxy>();
        ((MethodProxy)(object)proxy).Script = script;
        return proxy;
    }

    private object Find(MethodInfo look, object name)
    {
        if (look.GetGenericArguments()[0] != typeof(ILimitBatches))
        {
            var subject = SubjectOf(name.ToString()!);
            return Proxy<ITokenBucketGrain>((_, arguments) =>
                new ValueTask<LimitReplyMessage>(AnswerAsync(subject, (CancellationToken)arguments[1]!)));
        }

        Assert.True(SystemTargetGrainId.TryParse((GrainId)name, out var service));
        return Proxy<ILimitBatches>((method, arguments) => new ValueTask<LimitBatchReplyMessage>(
            method.Name == nameof(ILimitBatches.CollectAsync)
                ? Collect!((long)arguments[0]!)
                : AnswerAsync(service.GetSiloAddress(), (LimitBatchMessage)arguments[0]!)));
    }

    private Task<LimitReplyMessage> AnswerAsync(string subject, CancellationToken cancellationToken)
    {
        _asked.Enqueue($"alone:{subject}");
        return Alone is { } script ? script(subject, cancellationToken) : Task.FromResult(Decided());
    }

    private Task<LimitBatchReplyMessage> AnswerAsync(SiloAddress silo, LimitBatchMessage message)
    {
        var batch = new HeldBatch(silo, message);
        _asked.Enqueue($"batch@{silo.Endpoint.Port}:{string.Join(',', batch.Subjects)}");
        if (!Hold)
            batch.Decide(this);
        Assert.True(_batches.Writer.TryWrite(batch));
        return batch.Answer.Task;
    }

    private static string SubjectOf(string name) => name[(name.LastIndexOf('/') + 1)..];

    /// <summary>A batch that waits for its answer.</summary>
    internal sealed class HeldBatch
    {
        public HeldBatch(SiloAddress silo, LimitBatchMessage batch)
        {
            (Silo, Message) = (silo, batch);
            ReadOnlySpan<byte> rest = batch.Calls;
            while (!rest.IsEmpty)
            {
                LimitBatchFormat.Read(ref rest, batch.Specs.AsSpan(), out _, out var name, out var call);
                Subjects.Add(SubjectOf(Encoding.UTF8.GetString(name)));
                Calls.Add(call);
            }
        }

        public SiloAddress Silo { get; }

        public LimitBatchMessage Message { get; }

        public List<string> Subjects { get; } = [];

        public List<LimitCallMessage> Calls { get; } = [];

        public TaskCompletionSource<LimitBatchReplyMessage> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Decides all of them.</summary>
        public void Decide(ScriptedSilos silos) =>
            Answer.SetResult(ReplyOf(0, [.. Subjects.Select((_, place) => (place, silos.Decided()))]));
    }
}

/// <summary>Every member does what the script says.</summary>
public class MethodProxy : DispatchProxy
{
    internal Func<MethodInfo, object?[], object> Script { get; set; } =
        (_, _) => throw new InvalidOperationException("There is no script.");

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Script(targetMethod!, args!);
}
