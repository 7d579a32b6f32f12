namespace OrleansLimiter.Grains;

/// <summary>
/// Which actors count one policy's keys, in this silo and, as far as it was told, in the others; and which of a key's actors is to count
/// it. Kept for policies and not for keys: while all callers of a policy name one algorithm, as they do but for the minutes in which it
/// is changed, its actors need ask nobody. Safe for many threads.
/// </summary>
/// <remarks>
/// No kind of actor counts here before every other silo that can be reached has been told so, and has told in return. So of two actors of
/// one key at least one knows that it has to ask the other, whatever their silos' clocks and whichever message is late.
/// </remarks>
/// <param name="policy">The policy's name, behind its application's and a colon where it has one.</param>
/// <param name="silos">The others.</param>
/// <param name="time">The clock of what is in use no more.</param>
internal sealed class PolicyActors(string policy, IOtherSilos silos, TimeProvider time)
{
    /// <summary>For how long an algorithm that was asked for counts as in use, though none of its actors counts a key.</summary>
    public static readonly TimeSpan InUseAfterAsked = TimeSpan.FromMinutes(1);

    /// <summary>How soon the others are asked again whether what they had in use still is.</summary>
    public static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly int[] _claims = new int[ActorKinds.Count];
    private readonly long?[] _askedAt = new long?[ActorKinds.Count];
    private readonly Dictionary<SiloAddress, ActorsInUseMessage> _others = [];
    private Task _exchange = Task.CompletedTask;
    private long _exchangedAt;
    private bool _hasExchanged;
    private bool _allAnswered = true;
    private long _lastNumber;
    private ActorKinds _announced;
    private ActorKinds _withdrawn;
    private volatile int _inUse;
    private volatile ActorKind _owner;

    public string Policy => policy;

    /// <summary>Whose turn it is to count the policy's keys.</summary>
    public ActorKind Owner => _owner is var owner and not ActorKind.Common && silos.HaveNamedActors ? owner : ActorKind.Common;

    /// <summary>The actors that may have counted some of the policy's keys, anywhere.</summary>
    public ActorKinds InUse => new(_inUse);

    /// <summary>Ends with the exchange that is under way, if one is.</summary>
    public Task Exchanging
    {
        get
        {
            lock (_gate)
                return _exchange;
        }
    }

    /// <summary>One more actor here counts a key, or is about to.</summary>
    public void Claim(ActorKind kind)
    {
        lock (_gate)
        {
            _claims[(int)kind]++;
            Update();
        }
    }

    /// <summary>One that claimed counts no more.</summary>
    public void Release(ActorKind kind)
    {
        lock (_gate)
            _claims[(int)kind]--;
    }

    /// <summary>Learns what the other silos have in use, where nothing is known of them.</summary>
    public ValueTask LearnAsync(CancellationToken cancellationToken)
    {
        Task exchange;
        lock (_gate)
        {
            if (_hasExchanged)
            {
                Refresh();
                return default;
            }

            exchange = Exchange();
        }

        return new(exchange.WaitAsync(cancellationToken));
    }

    /// <summary>
    /// An actor that has claimed was asked: from here on every other silo knows of its kind, and what they have in use is known here.
    /// </summary>
    public ValueTask EnterAsync(ActorKind kind, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _askedAt[(int)kind] = time.GetTimestamp();
            if (!_announced.Has(kind))
                return new(AnnounceAsync(kind, cancellationToken));
            Refresh();
            return default;
        }
    }

    /// <summary>Another silo says what it has in use.</summary>
    /// <returns>What this one has.</returns>
    public ActorsInUseMessage Answer(SiloAddress silo, ActorsInUseMessage told)
    {
        lock (_gate)
        {
            Learn(silo, told);
            var answer = Report();
            Update();
            return answer;
        }
    }

    private async Task AnnounceAsync(ActorKind kind, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task exchange;
            lock (_gate)
            {
                if (_announced.Has(kind))
                    return;

                // One that is under way may have begun before the kind was claimed: then there is another after it.
                exchange = Exchange();
            }

            await exchange.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Nobody waits for it: what it may find is that fewer actors are in use than were.</summary>
    private void Refresh()
    {
        var mayBeLess = !_allAnswered || int.PopCount(_inUse) > 1;
        if (mayBeLess && time.GetElapsedTime(_exchangedAt) >= RefreshAfter)
            Exchange();
    }

    private Task Exchange()
    {
        if (!_exchange.IsCompleted)
            return _exchange;
        var told = Report();
        _withdrawn = ActorKinds.None;

        // Whoever has told something is told, known or not yet known to be a member.
        SiloAddress[] peers = [.. silos.Peers.Union(_others.Keys.Where(silo => !silos.IsGone(silo)))];
        if (peers.Length == 0)
        {
            Conclude(told, [], []);
            return Task.CompletedTask;
        }

        // Whatever the first caller has in its context has nothing to do with it.
        using (ExecutionContext.SuppressFlow())
            return _exchange = Task.Run(() => ExchangeAsync(peers, told));
    }

    private async Task ExchangeAsync(SiloAddress[] peers, ActorsInUseMessage told)
    {
        var answers = await Task.WhenAll(peers.Select(silo => silos.ExchangeAsync(silo, policy, told)));
        lock (_gate)
            Conclude(told, peers, answers);
    }

    private void Conclude(ActorsInUseMessage told, SiloAddress[] peers, ActorsInUseMessage?[] answers)
    {
        for (var i = 0; i < peers.Length; i++)
        {
            if (answers[i] is { } answer)
                Learn(peers[i], answer);
        }

        foreach (var silo in _others.Keys.Where(silos.IsGone).ToList())
            _others.Remove(silo);

        // A silo that does not answer keeps no key from being counted for longer than it is waited for: it counts as one that crashed,
        // and is asked again.
        _announced |= new ActorKinds(told.Kinds) & ~_withdrawn;
        (_hasExchanged, _allAnswered, _exchangedAt) = (true, Array.TrueForAll(answers, answer => answer is not null), time.GetTimestamp());
        Update();
    }

    private void Learn(SiloAddress silo, ActorsInUseMessage told)
    {
        if (!_others.TryGetValue(silo, out var known) || known.Number < told.Number)
            _others[silo] = told;
    }

    /// <summary>What is in use here now; whatever else was announced has to be announced again before it is.</summary>
    private ActorsInUseMessage Report()
    {
        var here = Here();
        _announced &= here;
        _withdrawn |= ~here;
        return new ActorsInUseMessage(++_lastNumber, here.Bits);
    }

    private ActorKinds Here()
    {
        var here = ActorKinds.None;
        for (var kind = ActorKind.Common; (int)kind < ActorKinds.Count; kind++)
        {
            if (_claims[(int)kind] > 0 || (_askedAt[(int)kind] is { } asked && time.GetElapsedTime(asked) < InUseAfterAsked))
                here |= ActorKinds.Of(kind);
        }

        return here;
    }

    private void Update()
    {
        var inUse = Here() | _announced;
        foreach (var (_, told) in _others)
            inUse |= new ActorKinds(told.Kinds);
        _inUse = inUse.Bits;

        // Of an actor that only a later build has, none is asked here.
        _owner = inUse == inUse.Known ? inUse.Named.Only ?? ActorKind.Common : ActorKind.Common;
    }
}
