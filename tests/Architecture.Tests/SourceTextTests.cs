using Xunit;

namespace OrleansLimiter.Architecture.Tests;

public class SourceTextTests
{
    [Theory]
    [InlineData("var x = 1;\n// TODO: finish\n", "TODO")]
    [InlineData("var x = 1;\n//FIXME later\n", "FIXME")]
    [InlineData("int F()\n    => throw new NotImplementedException();\n", "NotImplementedException")]
    public void A_mark_of_unfinished_work_is_named_with_its_line(string text, string mark) =>
        Assert.Equal([$"Core/X.cs(2) says {mark}: finish it, or leave it out"], SourceText.Violations("Core/X.cs", text));

    [Theory]
    [InlineData("// Mastodon and TODOS are words")]
    [InlineData("throw new NotSupportedException();")]
    [InlineData("catch (NotImplementedException)")]
    public void Finished_work_is_not_named(string text) => Assert.Empty(SourceText.Violations("Core/X.cs", text));
}
