using System.Collections.Concurrent;
using System.Text;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis.Quotas;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// What all keys of one tenant under one policy share: how their names begin, and the newest spec of revision 1 or more that this engine
/// has met. Safe for many threads.
/// </summary>
/// <param name="application">What all names begin with (<see cref="RedisEngineOptions.Application"/>).</param>
/// <param name="census">Whose keys take how much; null: nobody asks.</param>
internal sealed class ScopeTable(string application = "", KeyCensus? census = null)
{
    private readonly ConcurrentDictionary<KeyScope, Scope> _scopes = new();
    private readonly string _beginning = ApplicationName.BeginningOf(application);

    /// <summary>A scope's entry; made on first use.</summary>
    public Scope Of(KeyScope scope) =>
        _scopes.TryGetValue(scope, out var known)
        ? known
        : _scopes.GetOrAdd(scope, scope => new Scope(scope, _beginning, census?.For(scope)));

    public void Clear() => _scopes.Clear();

    /// <summary>One tenant's keys under one policy.</summary>
    internal sealed class Scope
    {
        private const byte StateLetter = (byte)'l';
        private const byte IdsLetter = (byte)'r';
        private const byte End = (byte)'}';

        private readonly byte[] _beginning;
        private readonly int _letterPlace;
        private SpecArguments? _named;
        private SpecArguments? _newest;
        private SpecArguments? _read;

        public Scope(KeyScope scope, string beginning, KeyEstimate? keys)
        {
            Keys = keys;
            _beginning = Encoding.ASCII.GetBytes($"{beginning}?{{{scope}/");
            _letterPlace = beginning.Length;
        }

        /// <summary>What the scope's keys count in; null where nobody asks.</summary>
        public KeyEstimate? Keys { get; }

        /// <summary>The spec to decide under: the one that a caller names, or the newest known if that is of a higher revision.</summary>
        public SpecArguments Newest(LimitSpec named)
        {
            var newest = Volatile.Read(ref _newest);
            if (newest is not null && newest.Spec.Version.IsNewerThan(named.Version))
                return newest;
            var known = Volatile.Read(ref _named);
            if (known is null || !ReferenceEquals(known.Spec, named))
                Volatile.Write(ref _named, known = SpecArguments.Of(named));

            // What configuration says has no order: only a live change is to hold for those who have not heard of it.
            while (named.Version.Revision > 0 && (newest is null || named.Version.IsNewerThan(newest.Spec.Version)))
            {
                var before = Interlocked.CompareExchange(ref _newest, known, newest);
                if (ReferenceEquals(before, newest))
                    break;
                newest = before;
            }

            return newest is not null && newest.Spec.Version.IsNewerThan(named.Version) ? newest : known;
        }

        /// <summary>The spec that a state's rules say; null if they are none.</summary>
        public SpecArguments? Read(ReadOnlySpan<byte> rules)
        {
            if (Volatile.Read(ref _read) is { } read && rules.SequenceEqual((byte[])read.Rules!))
                return read;
            if (!SpecRules.TryRead(rules, out var spec))
                return null;
            Volatile.Write(ref _read, read = SpecArguments.Of(spec));
            return read;
        }

        /// <summary>
        /// The names of a key's state and, if they are asked for, of the requests that it answered under an id:
        /// <c>l{tenant/policy/subject}</c> and <c>r{tenant/policy/subject}</c>, behind the application's name. What stands in braces
        /// decides a Redis Cluster's slot, and no part of a key can hold a brace.
        /// </summary>
        public RedisKey[] NamesOf(string subject, bool withIds) =>
            withIds ? [NameOf(StateLetter, subject), NameOf(IdsLetter, subject)] : [NameOf(StateLetter, subject)];

        private RedisKey NameOf(byte letter, string subject)
        {
            var name = new byte[_beginning.Length + subject.Length + 1];
            _beginning.CopyTo(name, 0);
            name[_letterPlace] = letter;
            Encoding.ASCII.GetBytes(subject, name.AsSpan(_beginning.Length));
            name[^1] = End;
            return name;
        }
    }
}
