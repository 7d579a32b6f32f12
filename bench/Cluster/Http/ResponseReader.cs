using System.Buffers.Text;
using System.Text;

namespace OrleansLimiter.ClusterBench.Http;

/// <summary>
/// Reads one HTTP/1.1 response at a time as its bytes arrive, and takes from its JSON body what the figures need. Not safe for
/// concurrent use.
/// </summary>
internal sealed class ResponseReader
{
    private const int MostBytes = 256 * 1024;

    private byte[] _buffer = new byte[2048];
    private int _length;

    public enum Progress
    {
        Incomplete,
        Complete,
        Malformed,
    }

    public int Status { get; private set; }

    public AnswerSource Source { get; private set; }

    public bool Allowed { get; private set; }

    /// <summary>Whether the connection cannot be used again.</summary>
    public bool MustClose { get; private set; }

    /// <summary>Where the next bytes go; never empty.</summary>
    public Span<byte> Space
    {
        get
        {
            if (_length == _buffer.Length)
                Array.Resize(ref _buffer, 2 * _length);
            return _buffer.AsSpan(_length);
        }
    }

    public void Reset() => _length = 0;

    /// <summary>Says how far the response is after <paramref name="count"/> more bytes, or after the end of the connection (0).</summary>
    public Progress Advance(int count)
    {
        _length += count;
        var bytes = _buffer.AsSpan(0, _length);
        var headEnd = bytes.IndexOf("\r\n\r\n"u8);
        if (headEnd < 0)
            return count == 0 || _length > MostBytes ? Progress.Malformed : Progress.Incomplete;
        if (!ReadHead(bytes[..(headEnd + 2)], out var contentLength, out var chunked))
            return Progress.Malformed;

        var body = bytes[(headEnd + 4)..];
        var progress = chunked ? Unchunk(ref body)
            : contentLength is not { } whole ? count == 0 ? Progress.Complete : Progress.Incomplete
            : body.Length == whole ? Progress.Complete
            : body.Length < whole ? Progress.Incomplete
            : Progress.Malformed;
        if (progress == Progress.Incomplete && (count == 0 || _length > MostBytes))
            return Progress.Malformed;
        if (progress == Progress.Complete)
            ReadBody(body);
        return progress;
    }

    /// <param name="head">The status line and the header lines, each with its line end.</param>
    /// <param name="contentLength">The body's length; null if the end of the connection ends it.</param>
    /// <param name="chunked">Whether the body comes in chunks.</param>
    private bool ReadHead(ReadOnlySpan<byte> head, out int? contentLength, out bool chunked)
    {
        contentLength = null;
        chunked = false;
        MustClose = false;
        if (!head.StartsWith("HTTP/1."u8) || head.Length < 14 || !Utf8Parser.TryParse(head[9..12], out int status, out var digits)
            || digits != 3)
            return false;
        Status = status;
        MustClose = head[7] == '0';
        for (var line = Rest(head); line.Length > 0; line = Rest(line))
        {
            var colon = line.IndexOf((byte)':');
            if (colon < 0)
                return false;
            var name = line[..colon];
            var value = line[(colon + 1)..line.IndexOf((byte)'\r')].Trim((byte)' ');
            if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
            {
                if (!Utf8Parser.TryParse(value, out int length, out var used) || used != value.Length || length < 0)
                    return false;
                contentLength = length;
            }
            else if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
                chunked = Ascii.EqualsIgnoreCase(value, "chunked"u8);
            else if (Ascii.EqualsIgnoreCase(name, "connection"u8))
                MustClose |= Ascii.EqualsIgnoreCase(value, "close"u8);
        }

        if (status is 204 or 304)
            contentLength = 0;
        MustClose |= contentLength is null && !chunked;
        return true;
    }

    private static ReadOnlySpan<byte> Rest(ReadOnlySpan<byte> lines) => lines[(lines.IndexOf("\r\n"u8) + 2)..];

    /// <summary>Gives the chunks' contents in one piece, if all are there. The buffer is left as it is, to be read again.</summary>
    private static Progress Unchunk(ref Span<byte> body)
    {
        var whole = new byte[body.Length];
        var length = 0;
        Span<byte> rest = body;
        while (true)
        {
            var lineEnd = rest.IndexOf("\r\n"u8);
            if (lineEnd < 0)
                return Progress.Incomplete;
            if (!Utf8Parser.TryParse(rest[..lineEnd], out int size, out var used, 'x') || used != lineEnd || size < 0)
                return Progress.Malformed;
            rest = rest[(lineEnd + 2)..];
            if (rest.Length < size + 2)
                return Progress.Incomplete;
            if (!rest[size..(size + 2)].SequenceEqual("\r\n"u8) || (size == 0 && rest.Length > 2))
                return Progress.Malformed; // no server that is measured here sends trailers
            if (size == 0)
            {
                body = whole.AsSpan(0, length);
                return Progress.Complete;
            }

            rest[..size].CopyTo(whole.AsSpan(length));
            length += size;
            rest = rest[(size + 2)..];
        }
    }

    // Neither name occurs in a text that the service echoes, so a search does what a parser would.
    private void ReadBody(ReadOnlySpan<byte> body)
    {
        Allowed = body.IndexOf("\"allowed\":true"u8) >= 0;
        Source = AnswerSource.None;
        var name = "\"source\":\""u8;
        if (body.IndexOf(name) is var at and >= 0)
        {
            var rest = body[(at + name.Length)..];
            Source = AnswerSources.Parse(rest[..Math.Max(0, rest.IndexOf((byte)'"'))]);
        }
    }
}
