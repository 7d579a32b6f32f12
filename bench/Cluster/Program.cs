// The measuring tools of the cluster: bench/Cluster/README.md says how to run them and what every figure means.
using OrleansLimiter.ClusterBench.Exact;
using OrleansLimiter.ClusterBench.Load;

try
{
    return args switch
    {
        ["load", .. var rest] => LoadCommand.Run(Arguments.OfPairs(rest)),
        ["exact", .. var rest] => ExactCommand.Run(Arguments.OfPairs(rest)),
        _ => throw new UsageException("The first argument is the verb: load or exact. bench/Cluster/README.md has the options."),
    };
}
catch (UsageException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 2;
}
