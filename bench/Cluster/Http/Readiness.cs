using System.Runtime.InteropServices;

namespace OrleansLimiter.ClusterBench.Http;

/// <summary>
/// The connections that wait for their socket, and the wait itself, to a few tens of microseconds (Linux's ppoll). One thread's.
/// </summary>
internal sealed unsafe partial class Readiness
{
    private const short Readable = 1;
    private const short Writable = 4;

    private Entry[] _entries = new Entry[64];
    private Connection[] _connections = new Connection[64];

    public int Count { get; private set; }

    public ReadOnlySpan<Connection> Waiting => _connections.AsSpan(0, Count);

    public void Add(Connection connection, bool toWrite)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, 2 * Count);
            Array.Resize(ref _connections, 2 * Count);
        }

        _entries[Count] = new Entry { Descriptor = connection.Descriptor, Asked = toWrite ? Writable : Readable };
        _connections[Count] = connection;
        connection.Place = Count++;
    }

    public void Remove(Connection connection)
    {
        var last = --Count;
        _entries[connection.Place] = _entries[last];
        _connections[connection.Place] = _connections[last];
        _connections[connection.Place].Place = connection.Place;
        _connections[last] = null!;
        connection.Place = -1;
    }

    /// <summary>Waits until a socket is ready or the time is over, and hands each ready connection on, which may add and remove.</summary>
    public void Wait(long microseconds, Action<Connection> ready)
    {
        var timeout = new TimeSpec { Seconds = (nint)(microseconds / 1_000_000), Nanoseconds = (nint)(microseconds % 1_000_000 * 1000) };
        int left;
        fixed (Entry* entries = _entries)
            left = PPoll(entries, (nuint)Count, &timeout, 0);
        // From the end: a removal fills its place with one that was looked at already, or that is new and has nothing seen.
        for (var i = Count - 1; i >= 0 && left > 0; i--)
        {
            if (_entries[i].Seen == 0)
                continue;
            left--;
            _entries[i].Seen = 0;
            ready(_connections[i]);
        }
    }

    /// <summary>Whether something, be it the end, has come on a connection that nothing was asked of.</summary>
    public static bool HasSomethingToRead(int descriptor)
    {
        var entry = new Entry { Descriptor = descriptor, Asked = Readable };
        var timeout = default(TimeSpec);
        return PPoll(&entry, 1, &timeout, 0) > 0;
    }

    [LibraryImport("libc", EntryPoint = "ppoll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int PPoll(Entry* entries, nuint count, TimeSpec* timeout, nint signalMask);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public int Descriptor;
        public short Asked;
        public short Seen;
    }

    /// <summary>struct timespec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
