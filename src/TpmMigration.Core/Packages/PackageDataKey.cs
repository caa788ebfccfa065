using TpmMigration.Tpm;

namespace TpmMigration.Packages;

/// <summary>The key that opens all data of a package: 32 bytes in a sealed-data object, wrapped to the destination like a migrating key.</summary>
/// <param name="PublicArea">The sealed-data object's.</param>
/// <param name="Duplicate">The content of TPM2B_PRIVATE.</param>
/// <param name="EncryptedSeed">The content of TPM2B_ENCRYPTED_SECRET.</param>
/// <param name="InnerKey">Its inner key, wrapped by the recovery key, see <see cref="PackageInnerWrap"/>; null where there is no inner wrap.</param>
public sealed record PackageDataKey(TpmtPublic PublicArea, byte[] Duplicate, byte[] EncryptedSeed, byte[]? InnerKey = null);
