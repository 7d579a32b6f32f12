namespace OrleansLimiter.SaleBench.Report;

/// <summary>Prints what was found, line by line, and keeps in mind whether all of it is as it must be.</summary>
internal sealed class Verdict(TextWriter output)
{
    /// <summary>Whether everything so far held.</summary>
    public bool IsGood { get; private set; } = true;

    /// <summary>The exit status: 0 if everything held.</summary>
    public int Status => IsGood ? 0 : 1;

    /// <summary>Prints something that must hold.</summary>
    public void Check(bool holds, FormattableString what)
    {
        IsGood &= holds;
        output.WriteLine($"{(holds ? "  holds " : "  FAILS ")}{FormattableString.Invariant(what)}");
    }

    /// <summary>Prints something to know.</summary>
    public void Tell(FormattableString what) => output.WriteLine("        " + FormattableString.Invariant(what));
}
