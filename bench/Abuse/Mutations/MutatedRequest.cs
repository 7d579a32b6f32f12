namespace OrleansLimiter.AbuseBench.Mutations;

/// <summary>A request that was changed.</summary>
/// <param name="Bytes">What is sent.</param>
/// <param name="IsOperators">Whether it goes to the operators' port.</param>
/// <param name="IsBroken">Whether its framing may be broken, so that an answer may never come and the connection is of no more use.</param>
/// <param name="IsHead">Whether the answer has no body, or may have none.</param>
internal readonly record struct MutatedRequest(byte[] Bytes, bool IsOperators, bool IsBroken, bool IsHead);
