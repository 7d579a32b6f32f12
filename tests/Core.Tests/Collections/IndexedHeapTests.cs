using OrleansLimiter.Core.Collections;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Core.Tests.Collections;

public sealed class IndexedHeapTests
{
    private const int Steps = 20_000;

    private readonly SlotPages<TimedSlot> _slots = new();
    private readonly IndexedHeap<TimedSlot> _heap;

    public IndexedHeapTests() => _heap = new IndexedHeap<TimedSlot>(_slots);

    [Fact]
    public void What_is_due_first_is_on_top_whoever_is_moved_or_removed()
    {
        var dice = new Dice(11);
        var plain = new Dictionary<int, long>();
        for (var step = 0; step < Steps; step++)
        {
            var slot = plain.Count < 10 || dice.OnceIn(3) ? Added() : plain.Keys.ElementAt((int)dice.From(0, plain.Count - 1));
            if (plain.ContainsKey(slot) && (dice.OnceIn(2) || plain.Count > 300))
            {
                _heap.Remove(slot);
                _heap.Remove(slot);
                plain.Remove(slot);
                _slots.GiveBack(slot);
            }
            else
            {
                _heap.Set(slot, plain[slot] = dice.From(0, 1_000_000));
            }

            Assert.Equal(plain.Count == 0 ? long.MaxValue : plain.Values.Min(), _heap.DueAt);
            Assert.True(plain.Count == 0 || plain[_heap.First] == _heap.DueAt);
        }

        AssertEachKnowsItsPlace(plain);
    }

    [Fact]
    public void An_empty_heap_is_due_at_the_latest_there_can_be_and_fills_again()
    {
        _heap.Set(Added(), 5);
        _heap.Clear();
        _slots.Clear();
        Assert.Equal((0, long.MaxValue), (_heap.Count, _heap.DueAt));

        _heap.Set(Added(), 7);

        Assert.Equal((1, 7L), (_heap.Count, _heap.DueAt));
    }

    [Fact]
    public void Moving_and_removing_allocate_nothing()
    {
        var slots = Enumerable.Range(0, 1_000).Select(_ => Added()).ToArray();
        foreach (var slot in slots)
            _heap.Set(slot, slot);

        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var slot in slots)
        {
            _heap.Set(slot, 3_000 - slot);
            _heap.Remove(slot);
            _slots.GiveBack(slot);
            _heap.Set(Added(), slot);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private int Added()
    {
        var slot = _slots.Take();
        _slots[slot].HeapPlace = IHeapSlot.Nowhere;
        return slot;
    }

    private void AssertEachKnowsItsPlace(Dictionary<int, long> plain)
    {
        Assert.Equal(plain.Count, _heap.Count);
        for (var place = 0; place < _heap.Count; place++)
        {
            Assert.Equal(place, _slots[_heap[place]].HeapPlace);
            Assert.Equal(plain[_heap[place]], _slots[_heap[place]].DueAt);
            Assert.True(place == 0 || _slots[_heap[(place - 1) / 2]].DueAt <= _slots[_heap[place]].DueAt);
        }
    }

    private struct TimedSlot : IHeapSlot
    {
        public int NextFree { readonly get; set; }

        public long DueAt { readonly get; set; }

        public int HeapPlace { readonly get; set; }
    }
}
