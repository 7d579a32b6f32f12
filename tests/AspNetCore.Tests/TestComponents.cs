using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>The root of an application of Razor components.</summary>
public sealed class TestRoot : ComponentBase
{
    /// <inheritdoc />
    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddMarkupContent(0, "<p>component</p>");
    }
}

/// <summary>A component with a route.</summary>
[Route("/component")]
public sealed class TestComponent : ComponentBase;

/// <summary>Another, whose limit stands on it.</summary>
[RequireLimit("tight")]
[Route("/component/tight")]
public sealed class TightComponent : ComponentBase;
