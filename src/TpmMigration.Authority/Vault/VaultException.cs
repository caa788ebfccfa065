using System;

namespace TpmMigration.Authority.Vault;

/// <summary>The database is not one that this release can work with.</summary>
public sealed class VaultException : Exception
{
    public VaultException(string message, Exception? innerException = null) : base(message, innerException) { }
}
