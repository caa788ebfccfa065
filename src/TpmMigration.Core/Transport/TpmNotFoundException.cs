using System;

namespace TpmMigration.Transport;

/// <summary>There is no TPM where one was looked for.</summary>
public sealed class TpmNotFoundException : TpmTransportException
{
    public TpmNotFoundException(string message) : base(message) { }

    public TpmNotFoundException(string message, Exception? innerException) : base(message, innerException) { }
}
