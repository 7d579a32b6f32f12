using System.Diagnostics.Metrics;
using OrleansLimiter.Metrics;

namespace OrleansLimiter.Shop.Payments;

/// <summary>Measures the calls to a gateway, on the meter <c>OrleansLimiter</c>. Safe for use by many threads.</summary>
internal sealed class MeteredGateway : IPaymentGateway
{
    /// <summary>
    /// The histogram of the gateway's time per call, in seconds, 1 ms to 30 s; tags <c>call</c> (<c>charge</c>, <c>close</c>,
    /// <c>refund</c>) and <c>outcome</c> (<c>charged</c>, <c>declined</c>, <c>failed</c>, <c>notCharged</c>, <c>refunded</c>, or
    /// <c>unknown</c>: it threw, or did not answer in time).
    /// </summary>
    public const string DurationName = "orleanslimiter.payment.duration";

    private const string Unknown = "unknown";

    private readonly IPaymentGateway _inner;
    private readonly TimeProvider _time;
    private readonly Histogram<double> _duration;

    public MeteredGateway(IPaymentGateway inner, IMeterFactory meters, TimeProvider time)
    {
        _inner = inner;
        _time = time;
        _duration = meters.Create(LimiterMetrics.MeterName).CreateHistogram(
            DurationName, "s", "The payment gateway's time per call.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [1e-3, 5e-3, 1e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });
    }

    public Task<ChargeResult> ChargeAsync(PaymentIntent intent, CardNumber card, CancellationToken cancellationToken) =>
        MeasuredAsync("charge", () => _inner.ChargeAsync(intent, card, cancellationToken), result => result switch
        {
            ChargeResult.Charged => "charged",
            ChargeResult.Declined => "declined",
            _ => "failed",
        }, cancellationToken);

    public Task<IntentState> CloseAsync(Guid intentId, CancellationToken cancellationToken) =>
        MeasuredAsync("close", () => _inner.CloseAsync(intentId, cancellationToken), state => state switch
        {
            IntentState.Charged => "charged",
            IntentState.Refunded => "refunded",
            _ => "notCharged",
        }, cancellationToken);

    public Task RefundAsync(Guid intentId, CancellationToken cancellationToken) =>
        MeasuredAsync("refund", () => RefundedAsync(intentId, cancellationToken), _ => "refunded", cancellationToken);

    private async Task<bool> RefundedAsync(Guid intentId, CancellationToken cancellationToken)
    {
        await _inner.RefundAsync(intentId, cancellationToken);
        return true;
    }

    private async Task<T> MeasuredAsync<T>(string call, Func<Task<T>> ask, Func<T, string> outcomeOf, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        var outcome = Unknown;
        try
        {
            // A gateway that ignores the deadline is measured up to it: nobody waits for it any longer.
            var answer = await ask().WaitAsync(cancellationToken);
            outcome = outcomeOf(answer);
            return answer;
        }
        finally
        {
            _duration.Record(_time.GetElapsedTime(began).TotalSeconds, new("call", call), new("outcome", outcome));
        }
    }
}
