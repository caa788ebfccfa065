using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>Recovers the seed of an outer wrap and opens the wrap, with one error for whichever of the two fails.</summary>
internal static class SeedOpening
{
    public static byte[] Open(
        WrappingParent parent, AsymmetricPrivate privateKey, string label, byte[] objectName, byte[] encryptedSeed, byte[] wrapped)
    {
        byte[]? seed = null;
        try
        {
            seed = SecretSharing.Decapsulate(privateKey, parent.NameAlg, label, encryptedSeed);
            return OuterWrap.Open(parent.NameAlg, parent.SymmetricKeyBits, seed, objectName, wrapped);
        }
        catch (SecretSharingException)
        {
            throw OuterWrap.Failure();
        }
        finally
        {
            SecretBytes.Clear(seed);
        }
    }
}
