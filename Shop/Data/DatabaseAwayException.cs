using System.Data.Common;

namespace OrleansLimiter.Shop.Data;

/// <summary>The database did not answer when it was asked last, and another asks already whether it is back: nothing was sent.</summary>
internal sealed class DatabaseAwayException() : DbException("The database did not answer when it was asked last.");
