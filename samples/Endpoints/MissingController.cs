using Microsoft.AspNetCore.Mvc;
using OrleansLimiter.AspNetCore;

namespace OrleansLimiter.Samples.Endpoints;

[RequireLimit("missing")]
public sealed class MissingController : ControllerBase
{
    public IActionResult Index() => NotFound("nothing here");
}
