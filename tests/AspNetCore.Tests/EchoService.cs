using Grpc.Core;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>A gRPC service as a generated one is, with texts for messages.</summary>
[BindServiceMethod(typeof(EchoService), nameof(Bind))]
public class EchoService
{
    /// <summary>Its unary method.</summary>
    public static Method<string, string> SayMethod { get; } = new(
        MethodType.Unary, "test.Echo", nameof(Say), Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    /// <summary>Its method that answers in a stream.</summary>
    public static Method<string, string> RepeatMethod { get; } = new(
        MethodType.ServerStreaming, "test.Echo", nameof(Repeat), Marshallers.StringMarshaller, Marshallers.StringMarshaller);

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

/// <summary>Another one, whose limits stand on it.</summary>
[BindServiceMethod(typeof(AttributedEchoService), nameof(BindAttributed))]
[RequireLimit("wide")]
public class AttributedEchoService : EchoService
{
    /// <summary>Its unary method.</summary>
    public static Method<string, string> SayTwiceMethod { get; } =
        new(MethodType.Unary, "test.Attributed", nameof(SayTwice), Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    /// <summary>Its unary method without a limit of its own.</summary>
    public static Method<string, string> SayOnceMethod { get; } =
        new(MethodType.Unary, "test.Attributed", nameof(SayOnce), Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    /// <summary>Tells the server of the methods.</summary>
    public static void BindAttributed(ServiceBinderBase binder, AttributedEchoService? service)
    {
        ArgumentNullException.ThrowIfNull(binder);
        binder.AddMethod(SayTwiceMethod, service is null ? null : new UnaryServerMethod<string, string>(service.SayTwice));
        binder.AddMethod(SayOnceMethod, service is null ? null : new UnaryServerMethod<string, string>(service.SayOnce));
    }

    /// <summary>Says it twice.</summary>
    [RequireLimit("tight")]
    public virtual Task<string> SayTwice(string request, ServerCallContext context) => Task.FromResult(request + request);

    /// <summary>Says it once.</summary>
    public virtual Task<string> SayOnce(string request, ServerCallContext context) => Task.FromResult(request);
}

/// <summary>A third one, mapped in a group.</summary>
[BindServiceMethod(typeof(GroupedEchoService), nameof(BindGrouped))]
public class GroupedEchoService : EchoService
{
    /// <summary>Its unary method.</summary>
    public static Method<string, string> SayGroupedMethod { get; } =
        new(MethodType.Unary, "test.Grouped", nameof(SayGrouped), Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    /// <summary>Tells the server of the method.</summary>
    public static void BindGrouped(ServiceBinderBase binder, GroupedEchoService? service)
    {
        ArgumentNullException.ThrowIfNull(binder);
        binder.AddMethod(SayGroupedMethod, service is null ? null : new UnaryServerMethod<string, string>(service.SayGrouped));
    }

    /// <summary>Says what it is told.</summary>
    public virtual Task<string> SayGrouped(string request, ServerCallContext context) => Task.FromResult(request);
}
