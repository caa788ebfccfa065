using System;

namespace TpmMigration.Transport;

/// <summary>The way to the TPM failed: it cannot be opened, it hung up, or what came back is no frame. Open it anew.</summary>
public class TpmTransportException : Exception
{
    public TpmTransportException(string message) : base(message) { }

    public TpmTransportException(string message, Exception? innerException) : base(message, innerException) { }
}
