using System.Diagnostics;

namespace OrleansLimiter.TestKit.Processes;

/// <summary>
/// Kills what the tests started, should they end without stopping it: a shell that reads which processes there are, and kills them when
/// nobody is left to write. Safe for many threads.
/// </summary>
internal static class Reaper
{
    private const string Script = """
        trap '' HUP INT TERM
        alive=
        while read -r change id; do
            if [ "$change" = + ]; then
                alive="$alive $id"
                continue
            fi
            rest=
            for other in $alive; do
                [ "$other" = "$id" ] || rest="$rest $other"
            done
            alive=$rest
        done
        [ -z "$alive" ] || kill -KILL $alive
        """;

    private static readonly Process Shell = Start();
    private static readonly Lock Gate = new();

    /// <summary>A process was started.</summary>
    public static void Add(int id) => Tell('+', id);

    /// <summary>A process has ended, and its number may be another's soon.</summary>
    public static void Remove(int id) => Tell('-', id);

    private static void Tell(char change, int id)
    {
        lock (Gate)
        {
            Shell.StandardInput.WriteLine($"{change} {id}");
            Shell.StandardInput.Flush();
        }
    }

    private static Process Start() =>
        Process.Start(new ProcessStartInfo("sh", ["-c", Script]) { RedirectStandardInput = true, UseShellExecute = false })!;
}
