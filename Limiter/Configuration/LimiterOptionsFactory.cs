using Microsoft.Extensions.Options;

namespace OrleansLimiter.Configuration;

/// <summary>Makes the options as the platform does, and has what the validators complain of told one a line, and once.</summary>
internal sealed class LimiterOptionsFactory(
    IEnumerable<IConfigureOptions<LimiterOptions>> setups,
    IEnumerable<IPostConfigureOptions<LimiterOptions>> afterwards,
    IEnumerable<IValidateOptions<LimiterOptions>> validators) : IOptionsFactory<LimiterOptions>
{
    private readonly OptionsFactory<LimiterOptions> _inner = new(setups, afterwards, validators);

    public LimiterOptions Create(string name)
    {
        try
        {
            return _inner.Create(name);
        }
        catch (OptionsValidationException wrong)
        {
            throw new LimiterConfigurationException(wrong.Failures.Distinct());
        }
    }
}
