using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Administration;

/// <summary>
/// Changes the keys of a Migration Authority, also while its service runs, which takes over the file when it changed. One rotation at a time.
/// </summary>
internal sealed class KeyRotation : IDisposable
{
    private readonly DataDirectory _directory;
    private readonly AuthorityKeys _keys;
    private readonly VaultDatabase _database;
    private readonly TimeProvider _time;
    private readonly FileStream _lock;

    /// <exception cref="AdministrationException">Another rotation is going on.</exception>
    internal KeyRotation(DataDirectory directory, AuthorityKeys keys, VaultDatabase database, TimeProvider time)
    {
        (_directory, _keys, _database, _time) = (directory, keys, database, time);
        try
        {
            _lock = new FileStream(directory.RotationLockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new AdministrationException(AdministrationFault.Conflict, $"Another rotation of these keys is going on. ({e.Message})", e);
        }
        // The keys may have been read before another rotation ended.
        new KeyFileWatch(directory, keys, error => throw new AdministrationException(AdministrationFault.Conflict, error.Message, error)).Look();
    }

    /// <summary>Makes a storage key, to which packages are wrapped from now on. The others are kept.</summary>
    /// <exception cref="AdministrationException">There are too many already.</exception>
    internal StorageKey AddStorageKey(Func<DateTime, StorageKey> make, string reason, Actor by)
    {
        if (_keys.StorageKeys.Count >= AuthorityKeyFile.MostStorageKeys)
            throw new AdministrationException(AdministrationFault.Conflict, "There are as many storage keys as can be kept. Retire the older ones first: tpm-ma rotate --retire");
        StorageKey made = make(Now());
        _keys.Add(made);
        Commit(by.Event("StorageKeyAdd", Hex.Format(made.Name), $"{made.Algorithm} {reason}"));
        return made;
    }

    /// <summary>Another certificate of TLS, with a new key.</summary>
    /// <param name="hosts">DNS names and addresses; empty for those of the certificate before.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who.</param>
    internal X509Certificate2 ReplaceTls(IReadOnlyList<string> hosts, string reason, Actor by)
    {
        X509Certificate2 made = AuthorityCertificates.MakeTls(_keys.Name, hosts.Count != 0 ? hosts : AuthorityCertificates.HostsOf(_keys.TlsCertificate), Now());
        _keys.Replace(made);
        Commit(by.Event("TlsCertificateReplace", Hex.Format(TpmHash.Digest(TpmAlgId.Sha256, made.RawData)), reason));
        _directory.WriteCertificates(_keys);
        return made;
    }

    /// <summary>Drops all storage keys but the newest.</summary>
    /// <returns>Those that are gone.</returns>
    /// <exception cref="AdministrationException">Packages depend on one of them; then all are kept.</exception>
    internal IReadOnlyList<StorageKey> Retire(string reason, Actor by)
    {
        List<StorageKey> old = [.. _keys.StorageKeys.Skip(1)];
        if (old.Count == 0) throw new AdministrationException(AdministrationFault.Conflict, "There is no older storage key to retire.");
        byte[] secret = _directory.ReadSecret();
        try
        {
            _database.Write(transaction =>
            {
                // An upload for one of them looks at the file behind its own record in the trail, which waits for these: no package is left without its key.
                foreach (StorageKey key in old) AuditLog.Append(transaction, Now(), by.Event("StorageKeyRetire", Hex.Format(key.Name), $"{key.Algorithm} {reason}"));
                foreach (StorageKey key in old) RequireUnused(transaction, key);
                AuthorityKeyFile.Write(_directory.KeysPath, _keys, [_keys.StorageKey], secret);
                return true;
            });
        }
        finally
        {
            SecretBytes.Clear(secret);
        }
        return old;
    }

    /// <summary>When a package was last laid in for each older storage key; null if none was since it is not the newest.</summary>
    internal IReadOnlyList<(StorageKey Key, DateTime? LastUpload)> LastUploads() =>
        _database.Read(transaction => _keys.StorageKeys.Skip(1).Select(key => (key, LateUploads.Last(transaction, key.Name))).ToList());

    public void Dispose() => _lock.Dispose();

    private static void RequireUnused(VaultTransaction transaction, StorageKey key)
    {
        long packages = PackageRewraps.Count(transaction, key.Name);
        if (packages != 0)
            throw new AdministrationException(AdministrationFault.Conflict, FormattableString.Invariant($"{packages} packages are wrapped to the storage key {Hex.Format(key.Name)}. Wrap them anew first: tpm-ma rotate --resume"));
    }

    /// <summary>The file is there before the record, which is lost at worst where the machine fails between the two.</summary>
    private void Commit(AuditEvent what)
    {
        byte[] secret = _directory.ReadSecret();
        try
        {
            _database.Write(transaction =>
            {
                AuditLog.Append(transaction, Now(), what);
                AuthorityKeyFile.Write(_directory.KeysPath, _keys, _keys.StorageKeys, secret);
                return true;
            });
        }
        finally
        {
            SecretBytes.Clear(secret);
        }
    }

    private DateTime Now() => _time.GetUtcNow().UtcDateTime;
}
