using OrleansLimiter.ClusterBench.Http;

namespace OrleansLimiter.ClusterBench.Report;

/// <summary>Permits that were admitted at some instant from <paramref name="From"/> to <paramref name="To"/>, in microseconds.</summary>
internal readonly record struct Admission(long From, long To, int Permits, AnswerSource Source);
