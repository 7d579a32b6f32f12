using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// One server-side script: its text, put together once of this assembly's own files, and the hash that the server knows it by.
/// </summary>
internal sealed class Script
{
    /// <summary>Each algorithm's, in the order of their numbers in <see cref="SpecArguments"/>.</summary>
    public static readonly IReadOnlyList<Script> OfAlgorithms =
    [
        Together("tokenBucket", 4), Together("gcra", 6, Gcra), Together("fixedWindow", 3), Together("slidingWindowCounter", 3),
        Together("slidingWindowLog", 3), Together("leakyBucket", 6, Gcra), Of("concurrency", 2, [.. SameRules, "concurrency", .. Finish]),
    ];

    /// <summary>The same, for a state that is under another content of the same revision, or has a side of each kind.</summary>
    public static readonly IReadOnlyList<Script> OfOtherContents =
    [
        OtherTogether("tokenBucket", 4), OtherTogether("gcra", 6, Gcra), OtherTogether("fixedWindow", 3),
            OtherTogether("slidingWindowCounter", 3),
        OtherTogether("slidingWindowLog", 3), OtherTogether("leakyBucket", 6, Gcra),
            Of("otherConcurrency", 2, [.. OtherRules, "concurrency", .. Finish]),
    ];

    /// <summary>The same for many requests at once; null where an algorithm's go alone.</summary>
    public static readonly IReadOnlyList<Script?> OfBatches =
    [
        BatchTogether("tokenBucket", 4), BatchTogether("gcra", 6, Gcra), BatchTogether("fixedWindow", 3),
        BatchTogether("slidingWindowCounter", 3), BatchTogether("slidingWindowLog", 3), BatchTogether("leakyBucket", 6, Gcra), null,
    ];

    /// <summary>The same for a key that lends, or has permits out; null where an algorithm does not lend.</summary>
    public static readonly IReadOnlyList<Script?> OfLenders =
        [Lent("lentTokenBucket", 4), Lent("lentGcra", 6), null, null, null, null, null];

    /// <summary>Carries a key's state over to a newer spec.</summary>
    public static readonly Script Adopt = Of("adopt", 0, "adoptBegin", "sides", "reading", "carry", "instants", "adopt");

    /// <summary>Sets a sale's valve up, if it is not, and says how it stands.</summary>
    public static readonly Script ValveSetUp = Of(
        "valveSetUp", 0, "valveBegin", "valveSetUp", "valveState", "valveSteps", "valveAdvance", "valveStatus");

    public static readonly Script ValveAsk = Valve("valveAsk");

    public static readonly Script ValveKeep = Valve("valveKeep");

    /// <summary>Gives up a place, or ends an admission.</summary>
    public static readonly Script ValveEnd = Valve("valveEnd");

    /// <summary>Does what an operator says.</summary>
    public static readonly Script ValveCommand = Valve("valveCommand", "valveStatus");

    /// <summary>Says how a valve stands.</summary>
    public static readonly Script ValveStatus = Valve("valveStatus");

    /// <summary>Lives through the time, and takes and asks for the codes of the draw.</summary>
    public static readonly Script ValveCodes = Of("valveCodes", 0, "valveBegin", "valveState", "valveSteps", "valveCodes");

    /// <summary>Says what may be published of a draw.</summary>
    public static readonly Script ValveDraw = Valve("valveDraw");

    /// <summary>Writes nothing: sees whether the server does what decisions need.</summary>
    public static readonly Script Probe = Of("probe", 0, "probe");

    private Script(string name, int stride, string text)
    {
        Name = name;
        Stride = stride;
        Text = text;
        // The server names scripts by this hash; it guards nothing.
#pragma warning disable CA5350
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
    }

    /// <summary>What it is called in tests and messages.</summary>
    public string Name { get; }

    /// <summary>How many compiled numbers a bandwidth has.</summary>
    public int Stride { get; }

    public string Text { get; }

    /// <summary>The SHA-1 of the source: 20 bytes.</summary>
    public byte[] Hash { get; }

    /// <summary>Runs it by its hash; by its text where the server does not know it, which teaches it.</summary>
    /// <returns>What it returned, as bytes.</returns>
    /// <exception cref="RedisCallException">The client library threw anything at all.</exception>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whatever a client library throws is a fault.")]
    public async Task<byte[]?> RunAsync(RedisLink link, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            var pending = link.Database.ScriptEvaluateAsync(Hash, keys, arguments, CommandFlags.DemandMaster);
            await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (pending.Exception?.InnerException is RedisServerException error && RedisFaults.IsUnknownScript(error))
            {
                pending = link.Database.ScriptEvaluateAsync(Text, keys, arguments, CommandFlags.DemandMaster | CommandFlags.NoScriptCache);
                await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return (byte[]?)await pending.ConfigureAwait(false);
        }
        catch (Exception thrown)
        {
            throw link.Failed(thrown);
        }
    }

    private static IEnumerable<string> SameRules => ["begin", "request", "sameRules", "answered"];

    private static IEnumerable<string> OtherRules => ["begin", "request", "sides", "reading", "carry", "otherRules", "answered"];

    private static IEnumerable<string> Finish => ["finish", "keep"];

    private static string[] Gcra => ["instants", "gcra"];

    private static Script Together(string name, int stride, string[]? files = null) =>
        Of(name, stride, [.. SameRules, .. files ?? [name], "together", .. Finish]);

    private static Script OtherTogether(string name, int stride, string[]? files = null) =>
        Of($"other{char.ToUpperInvariant(name[0])}{name[1..]}", stride, [.. OtherRules, .. files ?? [name], "together", .. Finish]);

    private static Script BatchTogether(string name, int stride, string[]? files = null) => Of(
        $"batch{char.ToUpperInvariant(name[0])}{name[1..]}", stride,
        ["begin", "batch", "sameRules", .. files ?? [name], "together", "finish", "batchEnd"]);

    private static Script Lent(string name, int stride) =>
        Of(name, stride, ["begin", "request", "lentRules", "answered", "instants", "lent", .. Finish]);

    private static Script Valve(params string[] files) =>
        Of(files[0], 0, ["valveBegin", "valveState", "valveSteps", "valveAdvance", .. files]);

    private static Script Of(string name, int stride, params IEnumerable<string> files) =>
        new(name, stride, string.Create(CultureInfo.InvariantCulture, $"-- OrleansLimiter: {name}\nlocal stride = {stride}\n")
            + string.Concat(files.Select(Read)));

    private static string Read(string file)
    {
        using var stream = typeof(Script).Assembly.GetManifestResourceStream($"{file}.lua")
            ?? throw new InvalidOperationException($"The script {file}.lua is not in the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
