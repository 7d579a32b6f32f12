using System.Globalization;
using OrleansLimiter.RedisBenchmark;

// dotnet run -c Release --project bench/Redis -- [rounds] [seconds]: needs redis-server and redis-benchmark on the PATH.
var rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5;
var seconds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 4;
await using var server = await BenchServer.StartAsync();
await Throughput.PrintAsync(server, rounds, TimeSpan.FromSeconds(seconds));
await BytesPerKey.PrintAsync(server);
