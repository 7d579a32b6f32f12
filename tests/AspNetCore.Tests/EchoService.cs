using Grpc.Core;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>A gRPC service as a generated one is, with texts for messages.</summary>
[BindServiceMethod(typeof(EchoService), nameof(Bind))]
public class EchoService
{
    /// <summary>Its unary method.</summary>
    public static Method<string, string> SayMethod { get; } = new(MethodType.Unary, "test.Echo", nameof(Say), Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    /// <summary>Its method that answers in a stream.</summary>
    public static Method<string, string> RepeatMethod { get; } = new(MethodType.ServerStreaming, "test.Echo", nameof(Repeat), Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    /// <summary>Tells the server of the methods.</summary>
    public static void Bind(ServiceBinderBase binder, EchoService? service)
    {
        ArgumentNullException.ThrowIfNull(binder);
        binder.AddMethod(SayMethod, service is null ? null : new UnaryServerMethod<string, string>(service.Say));
        binder.AddMethod(RepeatMethod, service is null ? null : new ServerStreamingServerMethod<string, string>(service.Repeat));
    }

    /// <summary>Says what it is told.</summary>
    public virtual Task<string> Say(string request, ServerCallContext context) => Task.FromResult(request);

    /// <summary>Says it twice.</summary>
    public virtual async Task Repeat(string request, IServerStreamWriter<string> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(responseStream);
        await responseStream.WriteAsync(request);
        await responseStream.WriteAsync(request);
    }
}
