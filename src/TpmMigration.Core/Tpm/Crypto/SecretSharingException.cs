using System;

namespace TpmMigration.Tpm;

/// <summary>
/// A shared secret cannot be recovered: it was made for another key or label, or was altered. One error for all causes,
/// so that whoever sends altered secrets learns nothing from it.
/// </summary>
public class SecretSharingException : Exception
{
    public SecretSharingException(string message) : base(message) { }

    public SecretSharingException(string message, Exception? innerException) : base(message, innerException) { }
}
