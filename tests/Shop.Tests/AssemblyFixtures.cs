using OrleansLimiter.ServiceKit;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresServer))]
