using System.Collections.Generic;

namespace TpmMigration.Packages;

/// <summary>
/// Who can open the inner wrap of a package's keys. Each key has an inner key of its own, which travels wrapped by one recovery key (32 bytes);
/// here the recovery key is handed to each recipient by itself. There is at least one.
/// </summary>
/// <param name="Agents">Recovery agents.</param>
/// <param name="Passphrase">The recovery passphrase; null where there is none.</param>
public sealed record PackageInnerWrap(IReadOnlyList<PackageRecoveryAgent> Agents, PackageRecoveryPassphrase? Passphrase)
{
    public const int MostAgents = 64;

    /// <summary>An inner key (16 bytes) as it travels: wrapped by RFC 3394, which makes it 8 bytes longer.</summary>
    public const int WrappedInnerKeySize = 24;

    /// <summary>The recovery key (32 bytes) wrapped by RFC 3394.</summary>
    public const int WrappedRecoveryKeySize = 40;
}

/// <summary>A recovery agent of a package.</summary>
/// <param name="Certificate">X.509 in DER; not looked into by the reader of packages.</param>
/// <param name="Envelope">CMS EnvelopedData in DER with the recovery key, for that certificate alone; not looked into by the reader of packages.</param>
public sealed record PackageRecoveryAgent(byte[] Certificate, byte[] Envelope);

/// <summary>The recovery key under a passphrase: wrapped (RFC 3394) by what scrypt makes of it (32 bytes). RFC 7914.</summary>
/// <param name="Salt">16 bytes.</param>
/// <param name="Cost">The parameter N.</param>
/// <param name="BlockSize">The parameter r.</param>
/// <param name="Parallelization">The parameter p.</param>
/// <param name="WrappedKey">40 bytes.</param>
public sealed record PackageRecoveryPassphrase(byte[] Salt, int Cost, int BlockSize, int Parallelization, byte[] WrappedKey)
{
    public const int SaltSize = 16;

    /// <summary>What is taken in: a hostile package would have the passphrase hashed without end. With these, 256 MiB of memory and some seconds.</summary>
    public const int LeastCost = 1 << 14, MostCost = 1 << 18, OnlyBlockSize = 8, MostParallelization = 4;
}
