using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Security.Cryptography;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Backup;

/// <summary>
/// A backup as a file: a zip archive of the keys, encrypted as they are, the certificates, the database where it is a file, and a manifest of them. Not the secret
/// that opens the keys, and not how to reach a database server.
/// </summary>
internal static class BackupArchive
{
    private const string ManifestName = "manifest";

    /// <summary>Writes the archive, for its owner only, there whole or not at all.</summary>
    /// <returns>Whether the packages and the audit trail are in it.</returns>
    /// <exception cref="BackupException"><see cref="BackupFault.Exists"/></exception>
    internal static bool Write(string path, DataDirectory directory, VaultDatabase database, byte[] secret)
    {
        if (File.Exists(path)) throw new BackupException(BackupFault.Exists, $"There is a file '{path}' already, and it is not overwritten. Name another.");
        string temporary = path + ".tmp", copy = path + ".vault.tmp";
        try
        {
            OwnerOnlyFile.Write(copy, []);
            bool isCopied = database.TryCopyTo(copy);
            OwnerOnlyFile.Write(temporary, []);
            using (var file = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite))
            {
                using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
                {
                    List<BackupFile> files = isCopied ? [Add(archive, directory.DatabasePath, copy)] : [];
                    // The keys after what is wrapped to them: none is missing then, even if they were changed meanwhile.
                    foreach (string part in Parts(directory)) files.Add(Add(archive, part, part));
                    using Stream manifest = archive.CreateEntry(ManifestName).Open();
                    manifest.Write(new BackupManifest(files).Write(secret));
                }
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path);
            return isCopied;
        }
        finally
        {
            File.Delete(temporary);
            foreach (string left in new[] { "", "-wal", "-shm", "-journal" }) File.Delete(copy + left);
        }
    }

    /// <summary>Unpacks an archive into an empty folder, each file held against the manifest.</summary>
    /// <returns>Whether the packages and the audit trail were in it.</returns>
    /// <exception cref="BackupException">The archive is not to be restored.</exception>
    internal static bool Extract(string path, DataDirectory directory, string folder, byte[] secret)
    {
        if (!File.Exists(path)) throw new BackupException(BackupFault.NotFound, $"There is no file '{path}'.");
        try
        {
            using ZipArchive archive = ZipFile.OpenRead(path);
            BackupManifest manifest = BackupManifest.Read(Content(archive, ManifestName), secret);
            string[] parts = [.. Parts(directory).Select(part => Path.GetFileName(part))], withDatabase = [Path.GetFileName(directory.DatabasePath), .. parts];
            string[] names = [.. manifest.Files.Select(file => file.Name)];
            bool hasDatabase = names.SequenceEqual(withDatabase);
            if (!hasDatabase && !names.SequenceEqual(parts)) throw Damaged();
            foreach (BackupFile file in manifest.Files) Extract(archive, file, Path.Combine(folder, file.Name));
            return hasDatabase;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ArgumentException)
        {
            throw Damaged(e);
        }
    }

    // The keys last: without them there is no Migration Authority.
    private static string[] Parts(DataDirectory directory) => [directory.TlsCertificatePath, directory.SigningCertificatePath, directory.KeysPath];

    private static BackupFile Add(ZipArchive archive, string name, string path)
    {
        using FileStream from = File.OpenRead(path);
        using Stream to = archive.CreateEntry(Path.GetFileName(name), CompressionLevel.Fastest).Open();
        (long size, byte[] digest) = Copy(from, to, long.MaxValue);
        return new BackupFile(Path.GetFileName(name), size, digest);
    }

    private static void Extract(ZipArchive archive, BackupFile file, string path)
    {
        OwnerOnlyFile.Write(path, []);
        using Stream from = (archive.GetEntry(file.Name) ?? throw Damaged()).Open();
        using var to = new FileStream(path, FileMode.Open, FileAccess.Write);
        (long size, byte[] digest) = Copy(from, to, file.Size);
        if (size != file.Size || !SecretBytes.FixedTimeEquals(digest, file.Digest)) throw Damaged();
        to.Flush(flushToDisk: true);
    }

    private static (long Size, byte[] Digest) Copy(Stream from, Stream to, long most)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[128 * 1024];
        long size = 0;
        for (int read; (read = from.Read(buffer)) != 0;)
        {
            size += read;
            if (size > most) throw Damaged();
            hash.AppendData(buffer, 0, read);
            to.Write(buffer, 0, read);
        }
        return (size, hash.GetHashAndReset());
    }

    private static byte[] Content(ZipArchive archive, string name)
    {
        using Stream from = (archive.GetEntry(name) ?? throw Damaged()).Open();
        using var to = new MemoryStream();
        Copy(from, to, BackupManifest.MostBytes);
        return to.ToArray();
    }

    private static BackupException Damaged(Exception? inner = null) => new(
        BackupFault.Damaged, "The file is no backup of a Migration Authority, or was cut off or altered. Nothing was restored: use another backup.", inner);
}
