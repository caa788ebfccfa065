using System;
using System.Collections.Generic;
using System.Threading;
using TpmMigration.Transport;

namespace TpmMigration.Tests.Transport;

/// <summary>A transport that answers as told.</summary>
internal sealed class ScriptedTransport(Func<byte[], CancellationToken, byte[]> answer) : ITpmTransport
{
    internal List<byte[]> Commands { get; } = [];

    internal bool Disposed { get; private set; }

    public byte[] Transmit(byte[] command, CancellationToken cancellation)
    {
        Commands.Add(command);
        return answer(command, cancellation);
    }

    public void Dispose() => Disposed = true;
}
