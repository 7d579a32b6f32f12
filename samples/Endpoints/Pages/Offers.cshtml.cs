using Microsoft.AspNetCore.Mvc.RazorPages;
using OrleansLimiter.AspNetCore;

namespace OrleansLimiter.Samples.Endpoints.Pages;

[RequireLimit("offers")]
public sealed class OffersModel : PageModel
{
    public string Text { get; private set; } = "";

    public void OnGet() => Text = "none today";
}
