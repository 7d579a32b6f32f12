namespace OrleansLimiter.AspNetCore;

/// <summary>
/// Exempts a controller, an action, a Razor page's model, a hub, a gRPC service or its method, or the handler of a minimal API from the
/// limits of the whole application
/// (<see cref="GlobalLimitExtensions.UseGlobalLimit(Microsoft.AspNetCore.Builder.IApplicationBuilder, string)"/>). Limits that it requires
/// itself are asked all the same.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false, Inherited = true)]
public sealed class ExemptFromGlobalLimitAttribute : Attribute;
