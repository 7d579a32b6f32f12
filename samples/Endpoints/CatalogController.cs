using Microsoft.AspNetCore.Mvc;
using OrleansLimiter.AspNetCore;

namespace OrleansLimiter.Samples.Endpoints;

[RequireLimit("catalog")]
[Route("/catalog")]
public sealed class CatalogController : ControllerBase
{
    [HttpGet]
    public IActionResult Index() => Ok("all");

    [HttpGet("search")]
    [RequireLimit("searches", Cost = 2)]
    public IActionResult Search(string q) => Ok($"nothing like {q}");
}
