using System.Runtime.Versioning;
using System.Text;
using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>What a stranger, a page of another site or another user of the machine could pick up.</summary>
internal sealed class SmallPrintAttack : IAttack
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private static readonly string[] Paths = [
        "/limit/check?key=k", "/limit/check", "/sales", "/nothing", "/auth/login", "/ticket/receipts", "/health/live"];

    /// <inheritdoc />
    public string Name => "small-print";

    /// <inheritdoc />
    public string Summary => "another site's host name, the database file, media types: 400 in Development, 0600, nosniff on every answer";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(null, cancellation);
        using var caller = new Caller(service.Url);
        var answers = new List<Answer>();
        foreach (var path in Paths)
            answers.Add(await caller.GetAsync(path, cancellation));
        using var operators = new Caller(service.FrontEnd.Operations);
        var rebound = await operators.SendAsync(
            HttpMethod.Post, "/admin/dev/users", new StringContent("""{"count":1}""", Encoding.UTF8, "application/json"), cancellation,
            ("Host", "evil.example"), ("X-Operator-Key", AttackedService.OperatorKey));
        answers.Add(rebound);

        run.Findings.Equal("answers without nosniff", answers.Count(answer => answer.Header("X-Content-Type-Options") != "nosniff"), 0);
        run.Findings.Equal("Host: evil.example, with the operator's key", rebound.Status, 400);
        if (!OperatingSystem.IsWindows())
            run.Findings.Equal("files of the database that others can read", Readable(Path.GetDirectoryName(service.FrontEnd.Log)!), 0);
    }

    [UnsupportedOSPlatform("windows")]
    private static int Readable(string folder) => Directory.GetFiles(folder, "*.db*")
        .Count(file => !file.EndsWith(".lock", StringComparison.Ordinal) && (File.GetUnixFileMode(file) & Others) != 0);
}
