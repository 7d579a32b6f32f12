using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansLimiter.Core.Collections;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Core.Tests.Collections;

public sealed class SlotPagesTests
{
    private const int Steps = 20_000;
    private const int SlotsPerPage = 128;
    private const int Line = 64;

    [Fact]
    public void A_slot_is_held_by_one_alone_and_keeps_what_it_holds_whoever_comes_and_goes()
    {
        var (dice, pages) = (new Dice(21), new SlotPages<NumberSlot>());
        var held = new Dictionary<int, long>();
        for (var step = 1; step <= Steps; step++)
        {
            if (held.Count < 10 || dice.OnceIn(held.Count > 500 ? 3 : 2))
            {
                var slot = pages.Take();
                Assert.Equal(0, pages[slot].Number);
                Assert.True(held.TryAdd(slot, pages[slot].Number = step));
            }
            else
            {
                var slot = held.Keys.ElementAt((int)dice.From(0, held.Count - 1));
                Assert.Equal(held[slot], pages[slot].Number);
                pages.GiveBack(slot);
                held.Remove(slot);
            }
        }

        Assert.All(held, pair => Assert.Equal(pair.Value, pages[pair.Key].Number));
    }

    [Fact]
    public void What_was_given_back_is_taken_again_before_a_page_is_added()
    {
        var pages = new SlotPages<NumberSlot>();
        var slots = Enumerable.Range(0, SlotsPerPage).Select(_ => pages.Take()).ToArray();
        foreach (var slot in slots)
            pages.GiveBack(slot);

        Assert.Equal(slots.Order(), Enumerable.Range(0, SlotsPerPage).Select(_ => pages.Take()).Order());
        Assert.False(pages.IsLarge);
        pages.Take();
        Assert.True(pages.IsLarge);
    }

    [Fact]
    public void A_slot_of_a_page_that_is_not_there_is_a_null_reference()
    {
        var pages = new SlotPages<NumberSlot>();
        Assert.True(Unsafe.IsNullRef(ref pages.FindUnlocked(0)));

        var slot = pages.Take();

        Assert.True(Unsafe.AreSame(ref pages[slot], ref pages.FindUnlocked(slot)));
        Assert.True(Unsafe.IsNullRef(ref pages.FindUnlocked(SlotsPerPage)));
        Assert.True(Unsafe.IsNullRef(ref pages.FindUnlocked(1_000 * SlotsPerPage)));
        pages.Clear();
        Assert.True(Unsafe.IsNullRef(ref pages.FindUnlocked(slot)));
        Assert.Equal(slot, pages.Take());
    }

    [Fact]
    public void Slots_of_a_line_begin_at_one_and_stay_there()
    {
        var pages = new SlotPages<LineSlot>();
        for (var number = 0; number < 3 * SlotsPerPage; number++)
        {
            var slot = pages.Take();
            Assert.Equal(0, pages[slot].Number);
            pages[slot].Number = number;
            GC.KeepAlive(new byte[1_000]);
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

        for (var number = 0; number < 3 * SlotsPerPage; number++)
        {
            Assert.Equal(number, pages[number].Number);
            Assert.Equal(0, Unsafe.ByteOffset(ref Unsafe.NullRef<LineSlot>(), ref pages[number]) % Line);
            Assert.True(Unsafe.AreSame(ref pages[number], ref pages.FindUnlocked(number)));
        }
    }

    private struct NumberSlot : IPagedSlot
    {
        public long Number;

        public int NextFree { readonly get; set; }
    }

    [StructLayout(LayoutKind.Sequential, Size = Line)]
    private struct LineSlot : IPagedSlot
    {
        public long Number;

        public int NextFree { readonly get; set; }
    }
}
