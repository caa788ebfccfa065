using System;
using System.IO;

namespace TpmMigration.Authority.Keys;

/// <summary>The TPM that holds a storage key cannot be reached, or refuses.</summary>
public sealed class StorageKeyUnavailableException : IOException
{
    public StorageKeyUnavailableException(string message, Exception? innerException = null) : base(message, innerException) { }
}
