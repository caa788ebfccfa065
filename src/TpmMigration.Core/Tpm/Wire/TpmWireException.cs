using System;

namespace TpmMigration.Tpm;

/// <summary>Bytes make no sense as the structure they should be. If they came from a TPM, its command may have run all the same.</summary>
public sealed class TpmWireException : Exception
{
    public TpmWireException(string message) : base(message) { }

    public TpmWireException(string message, Exception? innerException) : base(message, innerException) { }
}
