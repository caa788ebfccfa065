using Org.BouncyCastle.Crypto.Generators;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Recovery;

/// <summary>
/// The recovery key under a passphrase: scrypt makes a wrapping key of it, with parameters that stand in the package. CMS has a recipient for
/// passwords too, but common programs make its key by PBKDF2 with SHA-1, which costs a guesser next to nothing. RFC 7914.
/// </summary>
internal static class RecoveryPassphrase
{
    /// <summary>Bytes in UTF-8. Packages lie in archives for years, where guessing is free.</summary>
    internal const int LeastBytes = 12;

    // 64 MiB of memory, twice; a few tenths of a second.
    private const int Cost = 1 << 16, Parallelization = 2;

    /// <exception cref="RecoveryException">The passphrase is too short.</exception>
    internal static void RequireStrong(byte[] passphrase)
    {
        if (passphrase.Length < LeastBytes)
            throw new RecoveryException(RecoveryFault.WeakPassphrase, $"The recovery passphrase has fewer than {LeastBytes} characters: whoever holds the package could guess it. Choose a longer one, such as six words.");
    }

    internal static PackageRecoveryPassphrase Seal(RecoveryKey key, byte[] passphrase)
    {
        RequireStrong(passphrase);
        byte[] salt = SecretBytes.Random(PackageRecoveryPassphrase.SaltSize);
        byte[] wrapping = Hash(passphrase, salt, Cost, PackageRecoveryPassphrase.OnlyBlockSize, Parallelization);
        try
        {
            return new PackageRecoveryPassphrase(salt, Cost, PackageRecoveryPassphrase.OnlyBlockSize, Parallelization, AesKeyWrap.Wrap(wrapping, key.Secret));
        }
        finally
        {
            SecretBytes.Clear(wrapping);
        }
    }

    /// <exception cref="RecoveryException">The passphrase is wrong.</exception>
    internal static RecoveryKey Open(PackageRecoveryPassphrase sealedKey, byte[] passphrase)
    {
        byte[] wrapping = Hash(passphrase, sealedKey.Salt, sealedKey.Cost, sealedKey.BlockSize, sealedKey.Parallelization);
        try
        {
            return RecoveryKey.From(AesKeyWrap.TryUnwrap(wrapping, sealedKey.WrappedKey)
                ?? throw new RecoveryException(RecoveryFault.WrongPassphrase, "The recovery passphrase is not that of the package. Give the right one, or a release by one of its recovery agents."));
        }
        finally
        {
            SecretBytes.Clear(wrapping);
        }
    }

    private static byte[] Hash(byte[] passphrase, byte[] salt, int cost, int blockSize, int parallelization) =>
        SCrypt.Generate(passphrase, salt, cost, blockSize, parallelization, RecoveryKey.Size);
}
