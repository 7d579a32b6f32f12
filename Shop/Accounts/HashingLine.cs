namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// Those who wait for a hashing: address after address in turn, within one in the order of coming; but an address that had none of the last
/// turns goes before those that had, twice in a row. One address, or one account, has few places; where all places are taken, whoever comes
/// from an address that has fewer takes the last place of the one that has most. So neither many requests nor many accounts of one address
/// keep others waiting, nor do a few addresses that never stop; strangers who are many addresses keep them waiting one turn each. Not safe
/// for use by many threads at once.
/// </summary>
/// <param name="perAddress">The most of one address.</param>
/// <param name="perAccount">The most of one account.</param>
/// <param name="most">The most of all.</param>
internal sealed class HashingLine(int perAddress, int perAccount, int most)
{
    private const int Remembered = 64;
    private const int MostAhead = 2;

    private readonly Dictionary<string, LinkedListNode<AddressPlaces>> _byAddress = [];
    private readonly LinkedList<AddressPlaces> _turns = [];
    private readonly Dictionary<string, int> _byAccount = [];
    private readonly Queue<string> _lastTurns = [];
    private int _ahead;

    public int Count { get; private set; }

    /// <summary>Adds a place.</summary>
    /// <param name="place">Whose.</param>
    /// <param name="displaced">Who lost a place to it; null: nobody.</param>
    /// <returns>Why it got none; null if it did.</returns>
    public HashingRefusal? Add(HashingPlace place, out HashingPlace? displaced)
    {
        displaced = null;
        var own = _byAddress.TryGetValue(place.Address, out var node) ? node.Value.Waiting.Count : 0;
        if (own >= perAddress)
            return HashingRefusal.Address;
        if (place.Account is { } account && _byAccount.GetValueOrDefault(account) >= perAccount)
            return HashingRefusal.Account;
        if (Count >= most)
        {
            var longest = _turns.MaxBy(other => other.Waiting.Count)!;
            if (longest.Waiting.Count <= own + 1)
                return HashingRefusal.Full;
            displaced = longest.Waiting.Last!.Value;
            Remove(displaced);
        }

        if (node is null)
            _byAddress[place.Address] = node = _turns.AddLast(new AddressPlaces(place.Address));
        node.Value.Waiting.AddLast(place);
        if (place.Account is not null)
            _byAccount[place.Account] = _byAccount.GetValueOrDefault(place.Account) + 1;
        Count++;
        return null;
    }

    /// <summary>Takes whose turn it is out of the line; null: nobody waits.</summary>
    public HashingPlace? Next()
    {
        if (_turns.First is not { } first)
            return null;
        var newcomer = _ahead < MostAhead ? FirstNewcomer(first) : null;
        _ahead = newcomer is null ? 0 : _ahead + 1;
        var node = newcomer ?? first;
        var place = node.Value.Waiting.First!.Value;
        Remove(place);
        if (node.List is not null)
        {
            _turns.Remove(node);
            _turns.AddLast(node);
        }

        HadTurn(place);
        return place;
    }

    /// <summary>A turn was had, also by one that did not wait for it.</summary>
    public void HadTurn(HashingPlace place)
    {
        if (_lastTurns.Count == Remembered)
            _lastTurns.Dequeue();
        _lastTurns.Enqueue(place.Address);
    }

    /// <summary>The first of the waiting addresses that had none of the last turns.</summary>
    private LinkedListNode<AddressPlaces>? FirstNewcomer(LinkedListNode<AddressPlaces> first)
    {
        for (var node = first; node is not null; node = node.Next)
        {
            if (!_lastTurns.Contains(node.Value.Address))
                return node;
        }

        return null;
    }

    /// <summary>Takes a place out of the line.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(HashingPlace place)
    {
        if (!_byAddress.TryGetValue(place.Address, out var node) || !node.Value.Waiting.Remove(place))
            return false;
        if (node.Value.Waiting.Count == 0)
        {
            _turns.Remove(node);
            _byAddress.Remove(place.Address);
        }

        if (place.Account is { } account && (_byAccount[account] -= 1) == 0)
            _byAccount.Remove(account);
        Count--;
        return true;
    }

    private sealed class AddressPlaces(string address)
    {
        public string Address => address;

        public LinkedList<HashingPlace> Waiting { get; } = [];
    }
}

/// <summary>Somebody who waits.</summary>
/// <param name="address">The client's address, as limits count it.</param>
/// <param name="account">The account, existing or not; null: none is named.</param>
internal sealed class HashingPlace(string address, string? account)
{
    public string Address => address;

    public string? Account => account;

    /// <summary>Ends when the turn has come (null), or with why it never will.</summary>
    public TaskCompletionSource<HashingRefusal?> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Why a password is not hashed.</summary>
internal enum HashingRefusal
{
    /// <summary>As many of this address wait as may.</summary>
    Address,

    /// <summary>As many of this account wait as may.</summary>
    Account,

    /// <summary>All places are taken, none by an address with many more.</summary>
    Full,

    /// <summary>An address with fewer took the place.</summary>
    Displaced,

    /// <summary>The turn did not come in time.</summary>
    Late,
}
