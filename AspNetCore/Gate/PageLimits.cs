using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>
/// Finds at the start what Razor pages require. Where pages are compiled while the application runs, routing loads a page when it is first
/// asked for, and does not know before what stands on it.
/// </summary>
/// <param name="loader">Loads pages; null where the application has none.</param>
internal sealed class PageLimits(PageLoader? loader)
{
    /// <summary>The endpoint that runs in the place of one that stands for a page; of any other itself.</summary>
    /// <exception cref="LimiterConfigurationException">A limit stands where nothing would ask it.</exception>
    public Endpoint RunFor(Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not { } page)
            return endpoint;
        if (page is CompiledPageActionDescriptor known)
        {
            Check(MisplacedOn(known));
            return endpoint;
        }

        // As routing does when the page is asked for.
        if (loader is null)
            return endpoint;
        var loaded = loader.LoadAsync(page, endpoint.Metadata).GetAwaiter().GetResult();
        var run = loaded.Endpoint ?? endpoint;
        Check(MisplacedOn(loaded).Concat(LostBetween(endpoint, run)));
        return run;
    }

    private static void Check(IEnumerable<InvalidValue> errors)
    {
        if (errors.ToList() is { Count: > 0 } found)
            throw new LimiterConfigurationException(found);
    }

    private static IEnumerable<InvalidValue> MisplacedOn(CompiledPageActionDescriptor page)
    {
        foreach (var handler in page.HandlerMethods)
        {
            foreach (var attribute in handler.MethodInfo.GetCustomAttributes<RequireLimitAttribute>())
            {
                yield return new InvalidValue(
                    NameOf(attribute.Policy, $"{page.DisplayName}, {handler.MethodInfo.Name}"),
                    "on a handler of a page",
                    "must stand on the page's model, for all its handlers, because one of them is chosen when the page runs already");
            }
        }

        if (page.PageTypeInfo != page.HandlerTypeInfo)
        {
            foreach (var attribute in page.PageTypeInfo.GetCustomAttributes<RequireLimitAttribute>())
                yield return new InvalidValue(
                    NameOf(attribute.Policy, page.DisplayName), "on a page that has a model",
                    "must stand on the model, where the framework looks for attributes");
        }
    }

    /// <summary>What is loaded once, with what is required where that is, runs wherever the page is mapped.</summary>
    private static IEnumerable<InvalidValue> LostBetween(Endpoint mapped, Endpoint run) =>
        mapped.Metadata.GetOrderedMetadata<LimitRequirement>()
            .Except(run.Metadata.GetOrderedMetadata<LimitRequirement>())
            .Select(requirement => new InvalidValue(
                NameOf(requirement.Policy, mapped.DisplayName),
                "on a page that is mapped twice",
                "must be required where the pages are mapped first, because what is loaded there runs for all"));

    private static string NameOf(string policy, string? place) => new LimitedPlace(place, HasRouteValue: _ => true).NameOf(policy);
}
