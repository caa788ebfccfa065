using System;
using System.Collections.Generic;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Migration;

/// <summary>
/// Gathers, while a package is imported, what its receipt says: each migrating key is certified by the attestation key while it is loaded for
/// its proof. Children need no statement: they load under their parents and nowhere else.
/// </summary>
internal sealed class ReceiptMaker
{
    private readonly KeyLoader _loader;
    private readonly MigrationPackage _package;
    private readonly KeyPasswords _passwords;
    private readonly byte[] _aboveParent;
    private readonly List<ReceiptKey> _keys = [];
    private readonly Dictionary<Guid, byte[]> _names = [];
    private TpmtPublic? _attestationKey;

    /// <summary>Makes the platform's keys if need be: later its TPM is full of the keys that are imported.</summary>
    /// <param name="loader">TPM and store.</param>
    /// <param name="package">The package.</param>
    /// <param name="destination">The name of its new parent in the store, null for the storage root key.</param>
    /// <param name="passwords">Those of the keys.</param>
    internal ReceiptMaker(KeyLoader loader, MigrationPackage package, string? destination, KeyPasswords passwords)
    {
        _loader = loader;
        _package = package;
        _passwords = passwords;
        _aboveParent = AboveParent(destination);
        _ = PlatformSigningKey.Ensure(loader);
        AttestationKey.Ensure(loader);
    }

    internal Guid Id { get; } = Guid.NewGuid();

    /// <summary>Says whether a key could be certified, without a TPM.</summary>
    /// <exception cref="ReceiptException">Its ADMIN role asks for a policy, which no key of this module has.</exception>
    /// <exception cref="ImportException">Its password is missing.</exception>
    internal static void Examine(PackageKey key, KeyPasswords passwords)
    {
        if (key.Blob is not MigrationBlob) return;
        if (key.PublicArea.Has(TpmaObject.AdminWithPolicy))
            throw new ReceiptException(ReceiptFault.NotCertifiable, $"The key '{key.Name}' lets its TPM certify it by policy only (adminWithPolicy), so there can be no receipt for it. Import the package without -ReceiptPath.");
        if (key.HasPassword && passwords.Key.Length == 0)
            throw new ImportException(ImportFault.PasswordNeeded, $"The key '{key.Name}' has a password, without which the TPM does not certify it for the receipt. Give it with -KeyPassword, or import without -ReceiptPath.");
    }

    /// <summary>Puts a key on the receipt.</summary>
    /// <param name="key">The key.</param>
    /// <param name="loaded">The same, loaded.</param>
    /// <exception cref="ReceiptException">What the TPM says of it is no proof.</exception>
    /// <exception cref="KeyAuthorizationException">The key's password is wrong.</exception>
    internal void Put(PackageKey key, TpmObject loaded)
    {
        byte[] tpmName = _names[key.Id] = key.PublicArea.Name;
        if (key.Blob is ChildBlob child)
        {
            _keys.Add(new ReceiptKey(key.Name, tpmName, null, _names[child.ParentId]));
            return;
        }
        TpmAuthorization authorization = key.HasPassword ? _loader.Session.Authorize(_passwords.Key) : TpmAuthorization.Empty;
        KeyCertification certification = KeyAuthorizationException.Explain(
            _loader.Device, AuthorizationSubject.Key, key.Name, () => AttestationKey.Certify(_loader, loaded, authorization, MigrationReceipt.QualifyingData(Id, _package.Id)));
        _attestationKey = certification.AttestationKey;
        _keys.Add(new ReceiptKey(key.Name, tpmName, new ReceiptProof(certification.Statement, certification.Signature), null));
    }

    /// <summary>The finished receipt, signed by the platform.</summary>
    /// <exception cref="ReceiptException">What the TPM said of a key is no proof.</exception>
    internal string Finish()
    {
        var receipt = new MigrationReceipt
        {
            Id = Id,
            Created = StoredKeys.Now(),
            HostName = Environment.MachineName,
            PackageId = _package.Id,
            SourceName = _package.Source.Name,
            ParentName = _package.Destination.Parent.Name,
            AboveParent = _aboveParent,
            AttestationKey = _attestationKey ?? throw new InvalidOperationException("A package has a migrating key."),
            Keys = _keys,
        };
        foreach (ReceiptKey key in _keys)
        {
            if (key.Proof is { } proof && ReceiptProofs.Contradiction(receipt, key.TpmName, proof) is { } contradiction)
                throw new ReceiptException(ReceiptFault.NotCertifiable, $"This TPM's statement about the key '{key.Name}' is no proof for the source: {contradiction} Import the package without -ReceiptPath.");
        }
        using var signer = new PlatformSigner(_loader);
        return ReceiptDocument.Write(receipt, signer);
    }

    private byte[] AboveParent(string? destination)
    {
        if (destination == null) return TpmHandle.Owner.Name;
        KeyParent above = KeyLoader.FindParent(_loader.Store, destination).Record.Parent;
        return ObjectName.Qualified(AboveParent(above.KeyName), above.TpmName);
    }
}
