using System;
using System.IO;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Backup;

/// <summary>Brings a backup back, all or nothing: what was unpacked becomes a data directory when all of it was found whole.</summary>
internal static class Restoration
{
    /// <param name="path">The backup.</param>
    /// <param name="directory">Where to; nothing but the secret may be there.</param>
    /// <param name="connect">Opens the database of a data directory.</param>
    /// <param name="isServer">Whether that is a server.</param>
    /// <param name="restored">What is noted in the audit trail.</param>
    /// <exception cref="BackupException">It is not to be restored.</exception>
    /// <exception cref="DataDirectoryException">Something is there already, or the secret is missing or another one.</exception>
    internal static RestoredContent Run(string path, DataDirectory directory, Func<DataDirectory, VaultDatabase> connect, bool isServer, AuditEvent restored)
    {
        bool isNew = !Directory.Exists(directory.FullPath);
        directory.CreateEmpty();
        string staging = Path.Combine(directory.FullPath, "restoring");
        try
        {
            StoreFolder.Create(staging);
            var staged = new DataDirectory(staging, directory.SecretPath);
            RestoredContent content = Unpack(path, staged, connect, isServer, restored);
            // The keys last: without them there is no Migration Authority.
            foreach (string file in Directory.GetFiles(staging))
            {
                if (file != staged.KeysPath) File.Move(file, Path.Combine(directory.FullPath, Path.GetFileName(file)));
            }
            File.Move(staged.KeysPath, directory.KeysPath);
            Directory.Delete(staging);
            return content;
        }
        catch
        {
            if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
            if (isNew) Directory.Delete(directory.FullPath);
            throw;
        }
    }

    private static RestoredContent Unpack(string path, DataDirectory staged, Func<DataDirectory, VaultDatabase> connect, bool isServer, AuditEvent restored)
    {
        byte[] secret = staged.ReadSecret();
        try
        {
            bool hasDatabase = BackupArchive.Extract(path, staged, staged.FullPath, secret);
            if (hasDatabase && isServer) throw new BackupException(BackupFault.DatabaseNotNamed, "The packages and the audit trail are in the backup itself, and no database server takes them. Leave --database out, and TPM_MA_DATABASE.");
            if (!hasDatabase && !isServer) throw new BackupException(BackupFault.DatabaseNotNamed, "The packages and the audit trail of this backup were in PostgreSQL. Restore that first, and name it with --database or TPM_MA_DATABASE.");
            using AuthorityKeys keys = AuthorityKeyFile.Read(staged.KeysPath, secret);
            using VaultDatabase database = connect(staged);
            database.Migrate();
            (ContentVerdict content, AuditVerdict audit) = database.Read(transaction => (PackageContents.Verify(transaction, keys), AuditLog.Verify(transaction, null)));
            if ((content.Problem ?? audit.Problem) is { } problem)
                throw new BackupException(BackupFault.ContentNotWhole, $"{problem} Nothing was restored: use another backup.");
            database.Write(transaction =>
            {
                AuditLog.Append(transaction, DateTime.UtcNow, restored with { Detail = "Storage key " + Hex.Format(keys.StorageKey.Name) });
                return true;
            });
            return new RestoredContent(keys.Name, content.Packages, audit.Records, audit.Head);
        }
        finally
        {
            SecretBytes.Clear(secret);
        }
    }
}

/// <summary>What was restored.</summary>
/// <param name="Name">Of the Migration Authority.</param>
/// <param name="Packages">Their contents have the digests that were noted.</param>
/// <param name="AuditRecords">The chain of them is whole.</param>
/// <param name="AuditHead">The digest of the last that was in the backup.</param>
internal sealed record RestoredContent(string Name, long Packages, long AuditRecords, byte[] AuditHead);
