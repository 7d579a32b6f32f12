using Grpc.Core;
using OrleansLimiter.AspNetCore;

namespace OrleansLimiter.Samples.Endpoints;

/// <summary>A service as the gRPC tools make one of a .proto file, with texts for messages.</summary>
[BindServiceMethod(typeof(EchoService), nameof(Bind))]
public class EchoService
{
    public static Method<string, string> SayMethod { get; } = new(
        MethodType.Unary, "sample.Echo", nameof(Say), Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    public static void Bind(ServiceBinderBase binder, EchoService? service)
    {
        ArgumentNullException.ThrowIfNull(binder);
        binder.AddMethod(SayMethod, service is null ? null : new UnaryServerMethod<string, string>(service.Say));
    }

    [RequireLimit("says")]
    public virtual Task<string> Say(string request, ServerCallContext context) => Task.FromResult(request);
}
