using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>Admissions that should buy no more: given up, held by a pause, declined again and again.</summary>
internal sealed class AdmissionsAttack : IAttack
{
    private const int People = 10;
    private const string Declined = "4000 0000 0000 0002";

    /// <inheritdoc />
    public string Name => "admissions";

    /// <inheritdoc />
    public string Summary =>
        "a cap of 1, and ten who are let in one after the other by giving their places up: none buys with what was given up, none during a "
        + "pause, and a declined card ends with the third";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(null, cancellation);
        var people = await Shoppers.MakeAsync(service, People + 2, People + 2, 0, cancellation);
        using var caller = new Caller(service.Url);
        await people.OperateAsync(service, "rates", new { checkout = 1 }, cancellation);

        var admissions = new List<string>();
        for (var i = 0; i < People; i++)
        {
            admissions.Add(await people.AdmittedAsync(caller, people.Tokens[i], cancellation) ?? string.Empty);
            await people.QueueAsync(caller, HttpMethod.Delete, people.Tokens[i], cancellation);
        }

        var bought = await Task.WhenAll(
            admissions.Select((admission, i) =>
            Shoppers.PayAsync(caller, people.Tokens[i], people.Tickets[i], cancellation, headers: ("Sale-Admission", admission))));
        run.Findings.Tell("let in by giving up", $"{admissions.Count(admission => admission.Length > 0)} of {People}");
        run.Findings.Equal("bought with what was given up", bought.Count(answer => answer.Status == 200), 0);

        var (buyer, next) = (people.Tokens[People], people.Tokens[People + 1]);
        var held = await people.AdmittedAsync(caller, buyer, cancellation);
        await people.OperateAsync(service, "pause", new { }, cancellation);
        var paused = await Shoppers.PayAsync(caller, buyer, people.Tickets[People], cancellation, headers: ("Sale-Admission", held!));
        run.Findings.Check(
            paused.Status == 429, "a purchase during a pause", $"{paused.Status} {Shoppers.ReasonOf(paused)}", $"429 paused");
        await people.OperateAsync(service, "resume", new { }, cancellation);

        await people.QueueAsync(caller, HttpMethod.Post, next, cancellation);
        for (var i = 0; i < 3; i++)
            await Shoppers.PayAsync(caller, buyer, people.Tickets[People], cancellation, Declined, ("Sale-Admission", held!));
        var fourth = await Shoppers.PayAsync(caller, buyer, people.Tickets[People], cancellation, headers: ("Sale-Admission", held!));
        run.Findings.Check(fourth.Status == 409, "a purchase after three declined payments",
            $"{fourth.Status} {Shoppers.ReasonOf(fourth)}", $"409 admissionEnded");
        run.Findings.Check(
            await people.AdmittedAsync(caller, next, cancellation) is not null, "the next in line has the slot", "asked", "admitted");
    }
}
