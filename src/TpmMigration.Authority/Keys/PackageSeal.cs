using System;
using System.Security.Cryptography;
using System.Text;
using TpmMigration.Authority.Vault;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Keys;

/// <summary>
/// A MAC over a stored package and what was found out when it was laid in. Whoever can write the database can take packages away; that one is released
/// to where it should not go takes the keys of the service as well.
/// </summary>
internal sealed class PackageSeal
{
    private const string Form = "TPM MA package seal 1";

    private const int KeySize = 32;

    private readonly byte[] _key;

    /// <param name="secret">The state secret of the service, 32 bytes.</param>
    internal PackageSeal(byte[] secret) => _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeySize, null, Encoding.ASCII.GetBytes(Form));

    /// <summary>
    /// HMAC-SHA-256, 32 bytes, of: client, id, digest, storage key, SHA-256 of the content, each with a 2-byte size in front; the time it was received
    /// (8 bytes); whether it is returnable (1 byte).
    /// </summary>
    /// <param name="entry">The package.</param>
    /// <param name="content">Its bytes as they are stored.</param>
    internal byte[] Of(PackageEntry entry, byte[] content) => HMACSHA256.HashData(_key, TpmWriter.Write(writer =>
    {
        foreach (byte[] part in new[] { entry.Client, entry.Id.ToByteArray(bigEndian: true), entry.Digest, entry.StorageKey, SHA256.HashData(content) }) writer.WriteTpm2b(part);
        writer.WriteU64((ulong)new DateTimeOffset(entry.Received, TimeSpan.Zero).ToUnixTimeSeconds());
        writer.WriteBytes([entry.IsReturnable ? (byte)1 : (byte)0]);
    }));

    /// <summary>Whether a package is as it was laid in, or as it was wrapped anew since.</summary>
    internal bool Holds(PackageEntry entry, StoredContent content) => SecretBytes.FixedTimeEquals(Of(entry, content.Content), content.Seal);
}
