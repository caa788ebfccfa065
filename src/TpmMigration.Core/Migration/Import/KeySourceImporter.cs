using System;
using System.Collections.Generic;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>How a key that was made in software is to be brought into the TPM.</summary>
public sealed record KeySourceRequest
{
    public required string Name { get; init; }

    /// <summary>Sign or Decrypt.</summary>
    public required KeyRole Role { get; init; }

    /// <summary>A storage key of the store, or null for the storage root key.</summary>
    public string? Parent { get; init; }

    /// <summary>Duplication needs an inner wrap. Under a parent that can migrate, this follows the parent where it is null.</summary>
    public bool? EncryptedDuplication { get; init; }

    public string? Description { get; init; }
}

/// <summary>A key brought into the TPM, with the certificates that came in the same file.</summary>
/// <param name="Key">The key as it is in the store.</param>
/// <param name="Certificates">X.509 in DER, the key's own first; empty where the file had none.</param>
public sealed record ImportedKeySource(StoredKey Key, IReadOnlyList<byte[]> Certificates);

/// <summary>
/// Brings keys that were made in software into the TPM as MKs. The private part is wrapped to the parent in software, so that it
/// does not cross the bus in the clear, and the key is proven to work before it is stored.
/// </summary>
public static class KeySourceImporter
{
    private const int InnerKeyBytes = 16;

    /// <summary>Wraps a key to its parent, lets the TPM take it in, proves it, and stores it with the certificates that came with it.</summary>
    /// <param name="loader">TPM and store.</param>
    /// <param name="source">The key; still the caller's.</param>
    /// <param name="request">What is to become of it.</param>
    /// <param name="passwords">The key's new password, and the parent's and owner's where needed.</param>
    /// <exception cref="KeySourceException">This TPM does not take keys of its kind.</exception>
    /// <exception cref="KeyException">The parent does not allow the key.</exception>
    /// <exception cref="ImportException">The key does not work; nothing was stored.</exception>
    /// <exception cref="KeyDataException">The certificates are too large to be kept with the key, or the store's data key cannot be had; nothing was stored.</exception>
    /// <exception cref="KeyStoreException">The name is taken or not allowed, or the store cannot be written.</exception>
    public static ImportedKeySource Import(KeyLoader loader, KeySource source, KeySourceRequest request, KeyPasswords passwords)
    {
        KeyCreator.RequireFree(loader.Store, request.Name);
        if (request.Role is not (KeyRole.Sign or KeyRole.Decrypt))
            throw new ArgumentException("A key from a file signs or decrypts. A storage key is made in the TPM: leave the file out.");
        TpmtPublic parent = loader.LoadParent(request.Parent).PublicArea;
        IReadOnlyList<IReadOnlyList<PolicyStep>> policy = [KeyPolicies.MigratableBranch];
        bool innerWrap = KeyCreator.EncryptedDuplicationUnder(parent, request.Parent, request.EncryptedDuplication);
        TpmtPublic publicArea = KeyTemplates.MadeInSoftware(request.Role, source.Key.PublicKey, policy, innerWrap);
        KeyCreator.RequirePasswordFits(passwords.Key, publicArea.NameAlg);

        byte[] sensitive = Sensitive(publicArea, source.Key, passwords.Key);
        byte[] innerKey = innerWrap ? SecretBytes.Random(InnerKeyBytes) : [];
        try
        {
            var key = new SingleKey
            {
                Name = request.Name,
                PublicArea = publicArea,
                Wrapped = KeyWrap.Wrap(WrappingParent.From(parent), publicArea.Name, sensitive, innerWrap ? innerKey : null),
                InnerKey = innerKey,
                Parent = request.Parent,
                HasPassword = passwords.Key.Length != 0,
                Origin = KeyOrigin.Created,
                Description = request.Description,
                PolicyBranches = policy,
            };
            StoredKey stored = SingleKeyIntake.TakeIn(loader, key, passwords);
            loader.Store.Commit([KeyChange.Add(stored.Record, stored.KeyFile).With(Certificates(loader, stored, source))], loader.Device.Cancellation);
            return new ImportedKeySource(stored, source.Certificates);
        }
        catch (TpmException e) when (e.Code == TpmRc.ValueCode || e.Code == TpmRc.Curve || e.Code == TpmRc.KeySize || e.Code == TpmRc.Range)
        {
            throw new KeySourceException(
                KeySourceFault.Unsupported, $"This TPM does not take a key of type {KeyTemplates.AlgorithmOf(publicArea)}. Use RSA 2048 or ECC P-256, which every TPM has. ({e.Message})", e);
        }
        finally
        {
            SecretBytes.Clear(sensitive);
            SecretBytes.Clear(innerKey);
        }
    }

    /// <summary>The chain that came with the key, as data of the key; null where none came.</summary>
    private static KeyDataFile? Certificates(KeyLoader loader, StoredKey key, KeySource source)
    {
        if (source.Certificates.Count == 0) return null;
        using var vault = new KeyDataVault(loader);
        KeyData chain = KeyDataContent.Make(key, KeyDataType.CertificateChain, null, null, KeyCertificateChain.ToPem(source.Certificates));
        return vault.Seal(key.PublicArea().Name, [chain]);
    }

    /// <summary>TPMT_SENSITIVE, TPM 2.0 Part 2, 12.3.2.4. A key that is no parent has no seed.</summary>
    private static byte[] Sensitive(TpmtPublic publicArea, AsymmetricPrivate key, byte[] password) => TpmWriter.Write(w =>
    {
        w.WriteAlg(publicArea.Type);
        w.WriteTpm2b(AuthValue.Trim(password));
        w.WriteTpm2b([]);
        w.WriteTpm2b(key.Secret);
    });
}
