namespace OrleansLimiter.SaleBench.Report;

/// <summary>Prints what was found, line by line, and keeps in mind whether all of it is as it must be.</summary>
internal sealed class Verdict(TextWriter output)
{
    /// <summary>Whether everything so far held.</summary>
    public bool IsGood { get; private set; } = true;

    /// <summary>How many checks there were.</summary>
    public int Checks { get; private set; }

    /// <summary>How many of them failed.</summary>
    public int Failed { get; private set; }

    /// <summary>The exit status: 0 if everything held.</summary>
    public int Status => IsGood ? 0 : 1;

    /// <summary>Prints something that must hold.</summary>
    public void Check(bool holds, string what)
    {
        IsGood &= holds;
        Checks++;
        Failed += holds ? 0 : 1;
        output.WriteLine($"{(holds ? "  holds " : "  FAILS ")}{what}");
    }

    /// <summary>Prints the verdict itself: the last line.</summary>
    public void Close() =>
        output.WriteLine(IsGood ? $"\nVerdict: all {Checks} checks hold." : $"\nVerdict: {Failed} of {Checks} checks FAIL.");

    /// <summary>Prints something to know.</summary>
    public void Tell(string what) => output.WriteLine("        " + what);
}
