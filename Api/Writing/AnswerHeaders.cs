namespace OrleansLimiter.Api.Writing;

/// <summary>Writes what every answer carries: that its media type is what it says. In front of everything, since some routes pass no middleware behind routing.</summary>
internal sealed class AnswerHeaders : IStartupFilter
{
    /// <inheritdoc />
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(following => context =>
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return following(context);
        });
        next(app);
    };
}
