#!/usr/bin/env bash
# HttpClient of .NET 10.0: a POST without a body is sent a second time, silently, when a kept-alive connection closes instead of answering.
#
# What happens: if the server ends a reused HTTP/1.1 connection in an orderly way after it has read the request and before the first byte
# of an answer, HttpClient opens another connection and sends the request again. It does so for every method as long as no body was sent:
# GET, DELETE, and POST too. The caller sees one successful call. With a body the call fails instead. (dotnet/runtime issue 86714.)
#
# Why one expects otherwise: HttpClient has no retry option, retries are what people add Polly for, and POST is the method nobody
# repeats without being told to.
#
# What it means for a limiter: "POST /limit/{key}/take" with everything in the path is charged twice for one call when a front end
# or a proxy is replaced under load, and no retry counter shows it. Send a request id and make the charge idempotent, or send a body.
#
# Seen 2026-11-29, .NET 10.0 (the server reads the request and closes, once, on the kept connection):
#   GET                  : caller sees OK, server read it 2 times
#   DELETE               : caller sees OK, server read it 2 times
#   POST without a body  : caller sees OK, server read it 2 times
#   POST with a body     : caller sees HttpRequestException, server read it 1 time
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 DOTNET_NOLOGO=1
cat >see.csproj <<'EOF'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings>
    <UseSharedCompilation>false</UseSharedCompilation>
  </PropertyGroup>
</Project>
EOF
cat >Program.cs <<'EOF'
using System.Net;
using System.Net.Sockets;
using System.Text;

// Each connection's first request is answered. The second of the first connection is read, and the connection is closed.
static async Task<(string Caller, int Read)> SendAsync(HttpMethod method, string? body)
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    var read = 0;
    var serving = Task.Run(async () =>
    {
        for (var connection = 0; connection < 2; connection++)
        {
            using var client = await listener.AcceptTcpClientAsync();
            using var reader = new StreamReader(client.GetStream());
            await ReadRequestAsync(reader);
            if (connection == 1)
                read++;
            await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            if (connection == 1)
                return;
            await ReadRequestAsync(reader);
            read++;
        }
    });

    using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
    var url = new Uri($"http://{listener.LocalEndpoint}/");
    await http.GetAsync(url);
    using var request = new HttpRequestMessage(method, url);
    if (body is not null)
        request.Content = new StringContent(body);
    string caller;
    try
    {
        using var response = await http.SendAsync(request);
        caller = $"{response.StatusCode}";
    }
    catch (HttpRequestException failure)
    {
        caller = failure.GetType().Name;
    }

    await Task.WhenAny(serving, Task.Delay(500));
    return (caller, read);
}

// Head and, where there is one, body: nothing may be left unread, or closing would reset the connection.
static async Task ReadRequestAsync(StreamReader reader)
{
    var length = 0;
    while (await reader.ReadLineAsync() is { Length: > 0 } line)
    {
        if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            length = int.Parse(line.AsSpan(15));
    }

    if (length > 0)
        await reader.ReadBlockAsync(new char[length]);
}

var asSeen = true;
foreach (var (name, method, body) in new (string, HttpMethod, string?)[]
{
    ("GET", HttpMethod.Get, null), ("DELETE", HttpMethod.Delete, null),
    ("POST without a body", HttpMethod.Post, null), ("POST with a body", HttpMethod.Post, "cost=1"),
})
{
    var (caller, read) = await SendAsync(method, body);
    Console.WriteLine($"{name,-21}: caller sees {caller}, server read it {read} time{(read == 1 ? "" : "s")}");
    asSeen &= body is null ? (caller, read) == ("OK", 2) : (caller, read) == ("HttpRequestException", 1);
}

return asSeen ? 0 : 1;
EOF
dotnet build -c Release -v q >build.log || { tail -n 20 build.log; echo "could not build"; exit 2; }
dotnet bin/Release/net10.0/see.dll
