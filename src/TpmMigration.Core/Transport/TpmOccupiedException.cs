using System;

namespace TpmMigration.Transport;

/// <summary>Another program keeps the TPM to itself for longer than was to be waited.</summary>
public sealed class TpmOccupiedException : TpmTransportException
{
    public TpmOccupiedException(string message) : base(message) { }

    public TpmOccupiedException(string message, Exception? innerException) : base(message, innerException) { }
}
