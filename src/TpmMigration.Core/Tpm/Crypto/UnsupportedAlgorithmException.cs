using System;

namespace TpmMigration.Tpm;

/// <summary>An algorithm, curve or key size was named that this engine cannot compute in software.</summary>
public class UnsupportedAlgorithmException : NotSupportedException
{
    public UnsupportedAlgorithmException(string message) : base(message) { }

    public UnsupportedAlgorithmException(string message, Exception? innerException) : base(message, innerException) { }
}
