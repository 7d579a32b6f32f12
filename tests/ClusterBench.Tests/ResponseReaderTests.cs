using System.Text;
using OrleansLimiter.ClusterBench.Http;

namespace OrleansLimiter.ClusterBench.Tests;

public class ResponseReaderTests
{
    private const string Answer = """{"allowed":true,"remaining":9,"policy":"default","source":"local"}""";
    private const string Refusal = """{"allowed":false,"remaining":0,"policy":"default","source":"cluster","reason":"limited"}""";

    private static readonly string WithLength =
        $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-length: {Answer.Length}\r\n\r\n{Answer}";

    private static readonly string InChunks =
        $"HTTP/1.1 429 Too Many Requests\r\nTransfer-Encoding: "
            + $"chunked\r\n\r\n{50:x}\r\n{Refusal[..50]}\r\n{Refusal.Length - 50:X}\r\n{Refusal[50..]}\r\n0\r\n\r\n";

    [Fact]
    public void A_response_is_read_the_same_wherever_it_is_cut()
    {
        for (var cut = 1; cut < WithLength.Length; cut++)
        {
            var reader = new ResponseReader();
            Assert.Equal(ResponseReader.Progress.Incomplete, Feed(reader, WithLength[..cut]));
            Assert.Equal(ResponseReader.Progress.Complete, Feed(reader, WithLength[cut..]));
            Assert.Equal((200, true, AnswerSource.Local, false), (reader.Status, reader.Allowed, reader.Source, reader.MustClose));
        }
    }

    [Fact]
    public void A_response_in_chunks_is_read_the_same_wherever_it_is_cut()
    {
        for (var cut = 1; cut < InChunks.Length; cut++)
        {
            var reader = new ResponseReader();
            Assert.Equal(ResponseReader.Progress.Incomplete, Feed(reader, InChunks[..cut]));
            Assert.Equal(ResponseReader.Progress.Complete, Feed(reader, InChunks[cut..]));
            Assert.Equal((429, false, AnswerSource.Cluster), (reader.Status, reader.Allowed, reader.Source));
        }
    }

    [Fact]
    public void The_next_response_on_the_connection_owes_nothing_to_the_last()
    {
        var reader = new ResponseReader();
        Feed(reader, WithLength);
        reader.Reset();

        Assert.Equal(ResponseReader.Progress.Complete,
            Feed(reader, "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"));
        Assert.Equal((503, false, AnswerSource.None, true), (reader.Status, reader.Allowed, reader.Source, reader.MustClose));
    }

    [Fact]
    public void A_body_without_a_length_ends_with_the_connection()
    {
        var reader = new ResponseReader();
        Assert.Equal(ResponseReader.Progress.Incomplete, Feed(reader, "HTTP/1.1 200 OK\r\n\r\n" + Answer));
        Assert.Equal(ResponseReader.Progress.Complete, reader.Advance(0));
        Assert.True(reader.MustClose);
        Assert.Equal(AnswerSource.Local, reader.Source);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n")]
    public void A_connection_that_ends_early_has_no_response(string text)
    {
        var reader = new ResponseReader();
        if (text.Length > 0)
            Assert.Equal(ResponseReader.Progress.Incomplete, Feed(reader, text));
        Assert.Equal(ResponseReader.Progress.Malformed, reader.Advance(0));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    [InlineData("HTTP/1.1 20x OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4 bytes\r\n\r\nfour")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nmore")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour!!")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfour\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    public void What_is_no_response_is_told(string text) =>
        Assert.Equal(ResponseReader.Progress.Malformed, Feed(new ResponseReader(), text));

    private static ResponseReader.Progress Feed(ResponseReader reader, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var progress = ResponseReader.Progress.Incomplete;
        for (var at = 0; at < bytes.Length;)
        {
            var space = reader.Space;
            var count = Math.Min(space.Length, bytes.Length - at);
            bytes.AsSpan(at, count).CopyTo(space);
            at += count;
            progress = reader.Advance(count);
        }

        return progress;
    }
}
