using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansLimiter;
using OrleansLimiter.Hosting;

var builder = Host.CreateApplicationBuilder(args);
builder.AddOrleansLimiter(o => o.AddPolicy("mails", policy => policy.TokenBucket(2, TimeSpan.FromMinutes(1))));
using var host = builder.Build();
await host.StartAsync();

var limiter = host.Services.GetRequiredService<ILimiter>();
for (var mail = 1; mail <= 3; mail++)
{
    await using var lease = await limiter.AcquireAsync("mails", "alice@example.com");
    Console.WriteLine(lease.IsAdmitted ? $"mail {mail} sent" : $"mail {mail} not before {lease.RetryAfter}");
}

await host.StopAsync();
