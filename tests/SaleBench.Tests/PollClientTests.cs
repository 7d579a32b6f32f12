using System.Text;
using OrleansLimiter.SaleBench.Http;
using Xunit;

namespace OrleansLimiter.SaleBench.Tests;

public sealed class PollClientTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nDate: x\r\n\r\n{}", 60)]
    [InlineData("HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n", 36)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n", null)]
    public void An_answer_is_as_long_as_its_head_says(string answer, int? length) =>
        Assert.Equal(length, PollClient.LengthOf(Encoding.ASCII.GetBytes(answer)));
}
