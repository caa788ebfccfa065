using System;
using System.Threading;

namespace TpmMigration.Transport;

/// <summary>A transport around another, which it owns.</summary>
public abstract class TransportDecorator : ITpmTransport, IOwnerAuthSource
{
    protected TransportDecorator(ITpmTransport inner) => Inner = inner ?? throw new ArgumentNullException(nameof(inner));

    protected ITpmTransport Inner { get; }

    /// <inheritdoc/>
    public abstract byte[] Transmit(byte[] command, CancellationToken cancellation);

    /// <inheritdoc/>
    public byte[]? GetOwnerAuth() => (Inner as IOwnerAuthSource)?.GetOwnerAuth();

    /// <summary>Closes the inner transport.</summary>
    public void Dispose()
    {
        Inner.Dispose();
        GC.SuppressFinalize(this);
    }
}
