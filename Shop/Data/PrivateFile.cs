using System.Runtime.Versioning;

namespace OrleansLimiter.Shop.Data;

/// <summary>A file that only the service's own user can read: password hashes and the last digits of cards are in it.</summary>
internal static class PrivateFile
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly string[] Companions = [string.Empty, "-wal", "-shm"];

    /// <summary>
    /// Makes the file, empty, where there is none; takes it from everybody else where an earlier build let others read it. SQLite gives its
    /// companions the same mode. Nothing happens where the system has no such modes. A file that is there is not opened: closing it would
    /// take away the locks that this process has on it.
    /// </summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It is another user's.</exception>
    public static void Make(string file)
    {
        if (OperatingSystem.IsWindows())
            return;
        try
        {
            using var made = new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = Own,
            });
        }
        catch (IOException) when (File.Exists(file))
        {
            // It was there.
        }

        foreach (var companion in Companions)
            Take(file + companion);
    }

    [UnsupportedOSPlatform("windows")]
    private static void Take(string file)
    {
        try
        {
            if (File.Exists(file) && (File.GetUnixFileMode(file) & ~Own) != 0)
                File.SetUnixFileMode(file, Own);
        }
        catch (FileNotFoundException)
        {
            // SQLite takes its companions away when the last user closes the file, which another process may do at this moment.
        }
    }
}
