namespace TpmMigration.Transport;

/// <summary>A way to the TPM whose operating system may have kept the owner's authorization value.</summary>
public interface IOwnerAuthSource
{
    /// <summary>The authorization value of the owner (storage) hierarchy, which the caller clears after use.</summary>
    /// <returns>null where the system kept none, or does not show it to this user.</returns>
    /// <exception cref="TpmTransportException">The system's TPM service failed.</exception>
    byte[]? GetOwnerAuth();
}
