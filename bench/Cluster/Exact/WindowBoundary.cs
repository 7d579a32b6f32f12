namespace OrleansLimiter.ClusterBench.Exact;

/// <summary>Where windows begin anew for all keys at once: an honest limiter may admit twice the limit across it.</summary>
internal static class WindowBoundary
{
    private const int WindowSeconds = 3600;
    private const int NearSeconds = 30;

    public static void MustBeFar(string policy, DateTimeOffset now)
    {
        if (policy is not ("exact-fixed-window" or "exact-sliding-window"))
            return;
        var into = (int)(now.ToUnixTimeSeconds() % WindowSeconds);
        var wait = into >= WindowSeconds - NearSeconds ? WindowSeconds + NearSeconds - into : NearSeconds - into;
        if (wait > 0)
            throw new UsageException(
                $"{policy} counts in windows of {WindowSeconds} s, and one begins within {NearSeconds} s of now: nothing could be said of "
                + $"a single window. Start again in {wait} s.");
    }
}
