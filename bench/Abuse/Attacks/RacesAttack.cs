using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>The same purchase four times at once under one Idempotency-Key, paid and failing.</summary>
internal sealed class RacesAttack : IAttack
{
    private const int Rounds = 40;
    private const int Duplicates = 4;
    private const string Failing = "4000 0000 0000 0119";

    /// <inheritdoc />
    public string Name => "races";

    /// <inheritdoc />
    public string Summary =>
        "40 purchases and 40 whose payment fails, each four times at once under one Idempotency-Key: running with Retry-After 1, then the "
        + "first one's answer, and nothing kept of what failed";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(null, cancellation);
        var people = await Shoppers.MakeAsync(service, 2 * Rounds, 2 * Rounds, 0, cancellation);
        await PlayAsync(run, service, people, 0, Shoppers.Card, "paid", cancellation);
        await PlayAsync(run, service, people, Rounds, Failing, "failing", cancellation);
    }

    private static async Task PlayAsync(
        AttackRun run, AttackedService service, Shoppers people, int from, string card, string what, CancellationToken cancellation)
    {
        using var caller = new Caller(service.Url);
        var (others, wrongLater) = (0, 0);
        for (var round = from; round < from + Rounds; round++)
        {
            var (token, ticket) = (people.Tokens[round], people.Tickets[round]);
            var answers = await Task.WhenAll(
                Enumerable.Range(0, Duplicates)
                .Select(_ => Shoppers.PayAsync(caller, token, ticket, cancellation, card, ("Idempotency-Key", "order"))));
            others += answers.Count(answer => !IsExpected(answer));

            // The failing card's request makes sense again; the paid one's is answered as the first was.
            var later = await Shoppers.PayAsync(caller, token, ticket, cancellation, card, ("Idempotency-Key", "order"));
            wrongLater += later.Status == (card == Failing ? 503 : 200) ? 0 : 1;
        }

        run.Findings.Equal($"{what}: answers to {Rounds} x {Duplicates} that were neither the first one's nor running", others, 0);
        run.Findings.Equal($"{what}: the same request later, answered otherwise", wrongLater, 0);
    }

    private static bool IsExpected(Answer answer) => answer.Status is 200 or 503
        || (answer.Status == 409 && Shoppers.ReasonOf(answer) == "running" && answer.Header("Retry-After") == "1");
}
