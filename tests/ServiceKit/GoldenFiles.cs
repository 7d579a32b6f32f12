using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory.Valve;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.ServiceKit;

/// <summary>
/// Whole conversations, compared with committed files to the letter. A file (<c>Golden/*.http</c>) is a list of requests, each under a line
/// that begins with <c>###</c> and says what it shows, with the answer after a line <c>&lt;&lt;&lt;</c>. <c># setting NAME=VALUE</c> and
/// <c># environment NAME</c> on top change the service; <c># wait MILLISECONDS</c> moves the clock, which else stands still; <c>#
/// operations</c> asks the operators' port. Content-Length is added, the Date is left out, and the lease and the admission that were given
/// out last are written as <c>{{lease}}</c> and <c>{{admission}}</c>. <c># sale SECONDS</c> on top puts a sale of one ticket on, which
/// opens so late, with its number among them for an id; <c># user NAME</c> makes a user, whose access token is <c>{{NAME}}</c>. Run with
/// <c>UPDATE_GOLDEN=1</c> to write the files anew, then read the difference.
/// </summary>
internal static partial class GoldenFiles
{
    /// <summary>The names of all files of the tests in <paramref name="source"/>.</summary>
    public static TheoryData<string> Names([CallerFilePath] string source = "") =>
        [.. Directory.GetFiles(FolderOf(source), "*.http").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    /// <summary>Plays one of them, and compares or writes it.</summary>
    public static async Task CheckAsync(string file, [CallerFilePath] string source = "")
    {
        var path = Path.Combine(FolderOf(source), file);
        var written = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var played = await Play(written);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
            await File.WriteAllTextAsync(path, played, TestContext.Current.CancellationToken);
        else
            Assert.Equal(written, played);
    }

    private static async Task<string> Play(string file)
    {
        var sections = Regex.Split(file, "^(?=###)", RegexOptions.Multiline);
        var settings = SettingLine().Matches(sections[0]).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        var environment = EnvironmentLine().Match(sections[0]);
        using var service = new TestService(environment.Success ? environment.Groups[1].Value : null, settings, FixSeeds);
        var tokens = await PrepareAsync(service, sections[0]);
        using var main = new RawConnection(service.Port);
        using var operations = new RawConnection(service.OperationsPort);
        var lease = "none";
        var admission = "no admission";
        var played = new StringBuilder(sections[0]);
        foreach (var section in sections.Skip(1))
        {
            var request = section.Split("\n<<<\n")[0].TrimEnd('\n');
            if (WaitLine().Match(request) is { Success: true } wait)
            {
                await EndAsync(main, played);
                service.Clock.Advance(TimeSpan.FromMilliseconds(long.Parse(wait.Groups[1].Value, CultureInfo.InvariantCulture)));
            }

            var connection = request.Contains("\n# operations", StringComparison.Ordinal) ? operations : main;
            var sent = tokens.Aggregate(request.Replace("{{admission}}", admission, StringComparison.Ordinal), (text, token) =>
                text.Replace(token.Key, token.Value, StringComparison.Ordinal));
            await connection.SendAsync(Raw(sent, lease));
            var response = await connection.ReadAsync() ?? throw new IOException("There was no answer.");
            if (Lease().Match(response.Body) is { Success: true } given)
                lease = given.Groups[1].Value;
            if (Admission().Match(response.Body) is { Success: true } turn)
                admission = turn.Groups[1].Value;
            var text = Text(response).Replace(lease, "{{lease}}", StringComparison.Ordinal)
                .Replace(admission, "{{admission}}", StringComparison.Ordinal);
            played.Append(request).Append("\n<<<\n").Append(text).Append("\n\n");
        }

        return played.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>
    /// A place is held on to behind the answer that told of it: another request on the connection is answered after that.
    /// </summary>
    private static async Task EndAsync(RawConnection connection, StringBuilder played)
    {
        if (!played.ToString().EndsWith("\"lease\":\"{{lease}}\"}\n\n", StringComparison.Ordinal))
            return;
        await connection.SendAsync("GET /no-such-route HTTP/1.1\r\nHost: x\r\n\r\n");
        await connection.ReadAsync();
    }

    /// <summary>Draws are the same each time.</summary>
    private static void FixSeeds(IServiceCollection services) =>
        services.AddSingleton<IValveEngine>(
            provider => new MemoryValve(provider.GetRequiredService<TimeProvider>(), _ => new DrawSeed(new byte[DrawSeed.Bytes])));

    /// <summary>Makes the sales and the users that a file names on top.</summary>
    /// <returns>The users' placeholders and access tokens.</returns>
    private static async Task<Dictionary<string, string>> PrepareAsync(TestService service, string top)
    {
        var tokens = new Dictionary<string, string>();
        await using var db = service.Services.GetRequiredService<ServiceDbFactory>().Create();
        var number = 0;
        foreach (Match line in SaleLine().Matches(top))
        {
            var id = new Guid(++number, 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 0);
            var opensAt = Instant.From(service.Clock.GetUtcNow()
                + TimeSpan.FromSeconds(int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture)));
            db.Add(new Sale { Id = id, Name = "A sale", OpensAt = opensAt, Price = 4_900, Currency = "EUR", Total = 1, Available = 1 });
            db.Add(new Ticket { Id = id, SaleId = id });
        }

        foreach (Match line in UserLine().Matches(top))
        {
            var id = new Guid(++number, 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1);
            db.Add(new User { Id = id, Email = $"{line.Groups[1].Value}@example.test", PasswordHash = "none" });
            tokens[$"{{{{{line.Groups[1].Value}}}}}"] = service.Services.GetRequiredService<AccessTokens>().Issue(id, session: null);
        }

        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        return tokens;
    }

    private static string Raw(string section, string lease)
    {
        var lines = section.Split('\n').SkipWhile(line => line.StartsWith('#'));
        var text = string.Join("\r\n", lines).Replace("{{lease}}", lease, StringComparison.Ordinal);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var head = end < 0 ? text : text[..end];
        var body = end < 0 ? string.Empty : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text[(end + 4)..]));
        if (head.Contains("chunked", StringComparison.Ordinal))
            body = body.TrimEnd() + "\r\n\r\n";
        if (body.Length > 0 && !head.Contains("Content-Length", StringComparison.Ordinal)
            && !head.Contains("Transfer-Encoding", StringComparison.Ordinal))
            head += string.Create(CultureInfo.InvariantCulture, $"\r\nContent-Length: {body.Length}");
        return $"{head}\r\nHost: localhost\r\n\r\n{body}";
    }

    private static string Text(RawResponse response)
    {
        var head = response.Head.Split("\r\n").Where(line => line.Length > 0 && !line.StartsWith("Date:", StringComparison.Ordinal));
        return (string.Join("\n", head) + "\n\n" + Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(response.Body))).TrimEnd('\n');
    }

    private static string FolderOf(string source) => Path.Combine(Path.GetDirectoryName(source)!, "Golden");

    [GeneratedRegex("^# setting ([^=\n]+)=(.*)$", RegexOptions.Multiline)]
    private static partial Regex SettingLine();

    [GeneratedRegex("^# environment (.*)$", RegexOptions.Multiline)]
    private static partial Regex EnvironmentLine();

    [GeneratedRegex("^# wait (\\d+)$", RegexOptions.Multiline)]
    private static partial Regex WaitLine();

    [GeneratedRegex("^# sale (\\d+)$", RegexOptions.Multiline)]
    private static partial Regex SaleLine();

    [GeneratedRegex("^# user ([a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex UserLine();

    [GeneratedRegex("\"admission\":\"([^\"]+)\"")]
    private static partial Regex Admission();

    [GeneratedRegex("\"lease\":\"([0-9a-f]{32})\"")]
    private static partial Regex Lease();
}
