using System;
using System.IO;

namespace TpmMigration.Documents;

/// <summary>Reads from a stream up to a size; one byte more is an error, not an end.</summary>
internal sealed class BoundedStream : Stream
{
    private readonly Stream _inner;
    private readonly long _most;
    private long _read;

    internal BoundedStream(Stream inner, long most) => (_inner, _most) = (inner, most);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => _read; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = _inner.Read(buffer, offset, count);
        _read += read;
        return _read <= _most ? read : throw new DocumentLimitException(FormattableString.Invariant($"The document is larger than {_most} bytes."));
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
