using BenchmarkDotNet.Running;
using OrleansLimiter.Benchmarks;

if (args is ["bytes"])
    BytesPerKey.Print();
else if (args is ["hot"])
    AlternatingRounds.Print();
else
    BenchmarkSwitcher.FromAssembly(typeof(CoreDecision).Assembly).Run(args);
