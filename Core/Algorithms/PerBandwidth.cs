using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>Room on the stack for one value per bandwidth.</summary>
[InlineArray(LimitSpec.MaxBandwidths)]
internal struct PerBandwidth<T>
{
    private T _first;
}
