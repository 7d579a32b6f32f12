using System.Buffers.Text;
using System.Text;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Api.Limits;

/// <summary>
/// Formats an answer of the limit service as JSON, straight into bytes. Every text in it is either fixed or a name of
/// <c>[a-z0-9-]</c>, so that nothing needs escaping.
/// </summary>
internal static class AnswerText
{
    /// <summary>More bytes than any answer has: two names of at most 64, ten numbers of at most 20, and the fixed text.</summary>
    public const int MaxBytes = 768;

    /// <summary>Writes an answer.</summary>
    /// <param name="to">At least <see cref="MaxBytes"/> bytes.</param>
    /// <param name="answer">The decision, or a failure to decide that the caller answers by itself.</param>
    /// <param name="cost">What was asked for.</param>
    /// <param name="now">The front end's clock, which <c>resetAtMs</c> counts from.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Write(Span<byte> to, in LimitAnswer answer, long cost, Instant now)
    {
        var text = new Cursor(to);
        var decision = answer.Decision;
        var isDecided = answer.Kind == LimitAnswerKind.Decided;
        text.Add(answer.IsAllowed ? "{\"allowed\":true,\"remaining\":"u8 : "{\"allowed\":false,\"remaining\":"u8);
        text.Add(decision.Remaining);
        text.Add(",\"resetAtMs\":"u8);
        text.Add(CeilingMilliseconds(now.After(decision.ResetAfter)));
        text.Add(",\"retryAfterMs\":"u8);
        if (answer.IsAllowed)
            text.Add(0);
        else if (answer.RetryAfter.MillisecondsUp is { } wait)
            text.Add(wait);
        else
            text.Add("null"u8);
        text.Add(",\"limit\":"u8);
        text.Add(isDecided ? decision.Limit : answer.Spec.Capacity);
        text.Add(",\"policy\":\""u8);
        text.Add(answer.Policy.Name);
        text.Add("\",\"source\":\""u8);
        text.Add(answer.Source);
        text.Add("\""u8);
        if (!isDecided)
            text.Add(",\"reason\":\"unavailable\""u8);
        else if (!answer.IsAllowed)
            AddReason(ref text, answer, cost);
        else if (answer.Spec.Algorithm == Algorithm.LeakyBucket)
            AddDelay(ref text, decision);
        else if (!decision.Lease.IsNone)
            AddLease(ref text, decision.Lease);
        text.Add("}"u8);
        return text.Length;
    }

    private static void AddReason(ref Cursor text, in LimitAnswer answer, long cost)
    {
        if (answer.Decision.Outcome != Outcome.CostAboveCapacity)
        {
            text.Add(",\"reason\":\"limited\""u8);
            return;
        }

        text.Add(",\"reason\":\"costAboveCapacity\",\"message\":\"Cost "u8);
        text.Add(cost);
        text.Add(" is above the capacity "u8);
        text.Add(answer.Spec.Capacity);
        text.Add(" and can never be admitted.\""u8);
    }

    private static void AddDelay(ref Cursor text, in Decision decision)
    {
        text.Add(",\"delayMs\":"u8);
        text.Add(decision.Delay.MillisecondsUp ?? 0);
    }

    private static void AddLease(ref Cursor text, LeaseId lease)
    {
        text.Add(",\"lease\":\""u8);
        text.Add(lease.ToString());
        text.Add("\""u8);
    }

    private static long CeilingMilliseconds(Instant instant) => (instant.Microseconds + 999) / 1_000;

    /// <summary>Where the next byte goes.</summary>
    private ref struct Cursor(Span<byte> to)
    {
        private readonly Span<byte> _to = to;

        public int Length { get; private set; }

        public void Add(scoped ReadOnlySpan<byte> text)
        {
            text.CopyTo(_to[Length..]);
            Length += text.Length;
        }

        public void Add(string ascii) => Length += Encoding.ASCII.GetBytes(ascii, _to[Length..]);

        public void Add(long number)
        {
            Utf8Formatter.TryFormat(number, _to[Length..], out var digits);
            Length += digits;
        }
    }
}
