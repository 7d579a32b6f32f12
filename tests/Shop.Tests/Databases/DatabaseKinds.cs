using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Databases;

/// <summary>Both kinds: every test of what is stored runs on both.</summary>
internal static class DatabaseKinds
{
    public static TheoryData<string> All => [TestDatabase.Sqlite, TestDatabase.Postgres];
}
