using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Services;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>Of which build the silos are that are started next.</summary>
internal sealed class SiloBuild
{
    /// <summary>Whether they are of the build before algorithms had actors of their own: see <see cref="LimitGrainBefore"/>.</summary>
    public bool IsBefore { get; set; }

    /// <summary>Whether they take batches; those before algorithms had actors of their own never do.</summary>
    public bool TakesBatches { get; set; } = true;

    /// <summary>Takes out of a silo what its build does not have: all of this process's actors would be hosted otherwise.</summary>
    public void Configure(ISiloBuilder silo)
    {
        var isBefore = IsBefore;
        var takesBatches = TakesBatches && !isBefore;
        silo.Services.PostConfigure<GrainTypeOptions>(types =>
        {
            types.Classes.RemoveWhere(
                type => isBefore ? type.IsAssignableTo(typeof(LimitGrain)) : type == typeof(LimitGrainBefore));
            if (!takesBatches)
                types.Interfaces.Remove(typeof(ILimitBatches));
        });
        if (isBefore)
            silo.Services.RemoveAll<IGrainService>();
        else if (!takesBatches)
            silo.Services.Remove(silo.Services.Last(service => service.ServiceType == typeof(IGrainService)));
    }
}
