using BenchmarkDotNet.Running;
using OrleansLimiter.Benchmarks;

if (args is ["bytes"])
    BytesPerKey.Print();
else
    BenchmarkSwitcher.FromAssembly(typeof(CoreDecision).Assembly).Run(args);
