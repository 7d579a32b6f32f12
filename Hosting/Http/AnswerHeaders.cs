namespace OrleansLimiter.Hosting.Http;

/// <summary>
/// Writes what every answer carries: that its media type is what it says; and, from the moment the host is told to stop, that the
/// connection ends with it (HTTP/1), so that a client which keeps connections sends its next request elsewhere before the server closes
/// under it. In front of everything, since some routes pass no middleware behind routing.
/// </summary>
internal sealed class AnswerHeaders(IHostApplicationLifetime lifetime) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        var stopping = lifetime.ApplicationStopping;
        app.Use(following => context =>
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            if (stopping.IsCancellationRequested && HttpProtocol.IsHttp11(context.Request.Protocol))
                headers.Connection = "close";
            return following(context);
        });
        next(app);
    };
}
