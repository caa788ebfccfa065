using System;

namespace TpmMigration.Keys;

/// <summary>
/// A wrapped key or credential does not open: it was made for another parent, another object or another inner key, or was
/// altered. One error for all causes, so that whoever sends altered blobs learns nothing from it.
/// </summary>
public class WrappingIntegrityException : Exception
{
    public WrappingIntegrityException(string message) : base(message) { }

    public WrappingIntegrityException(string message, Exception? innerException) : base(message, innerException) { }
}
