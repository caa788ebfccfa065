using System;
using TpmMigration.Tpm;

namespace TpmMigration.Recovery;

/// <summary>
/// The key to the inner wrap of a package: 32 random bytes that wrap the inner key of each migrating key. It is made for one export, handed to
/// the recipients, and forgotten. Dispose clears it.
/// </summary>
public sealed class RecoveryKey : IDisposable
{
    internal const int Size = 32;

    private RecoveryKey(byte[] secret) => Secret = secret;

    /// <summary>32 bytes; still this object's.</summary>
    internal byte[] Secret { get; }

    internal static RecoveryKey Fresh() => new(SecretBytes.Random(Size));

    /// <summary>Takes over the bytes, also when it throws.</summary>
    /// <exception cref="ArgumentException">They are not 32.</exception>
    internal static RecoveryKey From(byte[] secret)
    {
        if (secret.Length == Size) return new RecoveryKey(secret);
        SecretBytes.Clear(secret);
        throw new ArgumentException($"A recovery key has {Size} bytes.", nameof(secret));
    }

    /// <summary>An inner key (16 bytes) as it travels in the package, 24 bytes.</summary>
    internal byte[] Wrap(byte[] innerKey) => AesKeyWrap.Wrap(Secret, innerKey);

    /// <returns>The inner key, which the caller clears; null if it was wrapped by another recovery key or altered.</returns>
    internal byte[]? TryUnwrap(byte[] wrapped) => AesKeyWrap.TryUnwrap(Secret, wrapped);

    public void Dispose() => SecretBytes.Clear(Secret);
}
