using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>
/// The storage root key: the persistent one at 0x81000001, or the ECC P-256 storage primary of the owner hierarchy, which comes out
/// the same each time and need not be kept.
/// </summary>
public static class StorageRootKey
{
    public const uint PersistentHandle = 0x81000001;

    /// <summary>Finds or makes the storage root key.</summary>
    /// <param name="device">The TPM.</param>
    /// <param name="ownerPassword">Needed only if the owner has a password and no storage root key is persistent.</param>
    /// <exception cref="KeyAuthorizationException">The owner's password is needed and was wrong or missing.</exception>
    public static TpmObject Load(TpmDevice device, byte[] ownerPassword) =>
        PersistentKeys.Read(device, PersistentHandle) is { } persistent && persistent.PublicArea.IsStorageKey
            ? persistent
            : KeyAuthorizationException.Explain(device, AuthorizationSubject.Owner, string.Empty, () => Create(device, ownerPassword));

    private static TpmObject Create(TpmDevice device, byte[] ownerPassword)
    {
        if (ownerPassword.Length == 0)
            return device.Execute(Primary(TpmHandle.Owner), TpmAuthorization.Empty);
        using TpmSession session = StartSessionWithoutRoot(device);
        return device.Execute(Primary(TpmHandle.Owner), session.Authorize(ownerPassword));
    }

    /// <summary>An HMAC session salted to a throw-away key of the null hierarchy, for when no storage root key can be had yet.</summary>
    private static TpmSession StartSessionWithoutRoot(TpmDevice device)
    {
        TpmObject salt = device.Execute(Primary(TpmHandle.Null), TpmAuthorization.Empty);
        try
        {
            return TpmSession.Start(device, TpmSe.Hmac, salt);
        }
        finally
        {
            device.Flush(salt.Handle);
        }
    }

    private static CreatePrimary Primary(TpmHandle hierarchy) => new() { PrimaryHandle = hierarchy, InPublic = KeyTemplates.StorageRoot };
}
