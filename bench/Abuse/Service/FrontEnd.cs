using OrleansLimiter.TestKit.Processes;

namespace OrleansLimiter.AbuseBench.Service;

/// <summary>A front end's process.</summary>
/// <param name="Process">The process.</param>
/// <param name="Url">Where it serves everybody.</param>
/// <param name="Operations">Where it serves operators.</param>
/// <param name="Log">The file that it writes its log to.</param>
internal sealed record FrontEnd(Child Process, Uri Url, Uri Operations, string Log)
{
    /// <summary>Whether the process lives.</summary>
    public bool IsAlive => !Process.HasExited;

    /// <summary>How much memory it holds, in MiB (resident).</summary>
    public double ResidentMiB => Process.ResidentBytes / 1024.0 / 1024.0;

    /// <summary>How long its log is, in bytes.</summary>
    public long LogBytes => new FileInfo(Log).Length;

    /// <summary>The lines of its log from a byte on.</summary>
    public string[] LogFrom(long offset)
    {
        using var file = new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = offset;
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
