using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Backup;
using TpmMigration.Authority.Hosting;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Vault;
using TpmMigration.Keys;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>A backup is whole, or is not restored.</summary>
public sealed class BackupTests(SharedPostgres postgres)
{
    [Fact]
    public async Task A_backup_that_was_made_during_uploads_is_restored_and_served()
    {
        using AuthorityProcess authority = AuthorityProcess.Start(UploadStorm.ServiceOptions);
        using var storm = new UploadStorm(authority, 40);
        string backup = authority["backup"];
        int before = 0;
        await storm.Run(storm.Total / 4, () =>
        {
            before = storm.Acknowledged;
            authority.Do("backup", backup);
        });
        Assert.Equal(0b110_000_000, UnixCalls.Mode(backup));
        Assert.False(Contains(File.ReadAllBytes(backup), File.ReadAllBytes(authority.Directory.SecretPath)));
        Assert.DoesNotContain(Directory.GetFiles(Path.GetDirectoryName(backup)!), file => file.EndsWith(".tmp", StringComparison.Ordinal));
        Failed(authority.Run("backup", backup), "not overwritten");
        Failed(authority.Run("restore", backup), "nothing is overwritten");

        using AuthorityProcess restored = AuthorityProcess.WithSecretOf(authority);
        Assert.Contains("as they were laid in", restored.Do("restore", backup), StringComparison.Ordinal);
        Assert.Equal(["keys", "secret", "signing.crt", "tls.crt", "vault.db"], Directory.GetFiles(restored.DataPath).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal));
        using (VaultDatabase database = OpenAuthority.OpenDatabase(restored.Directory))
            Assert.InRange(database.Read(PackageVault.Count).Packages, before, storm.Total);
        Assert.Equal(["Backup", "Restore"], restored.Do("audit", "export").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split("\"event\":\"")[1].Split('"')[0]).Where(name => name is "Backup" or "Restore"));
        restored.Serve();
        using SoapClient old = new(authority), client = new(restored);
        Assert.Equal(ClientMachine.Bytes(old.Call("GetMAKey"), "Public"), ClientMachine.Bytes(client.Call("GetMAKey"), "Public"));
        byte[] token = storm.Machine.Authenticate(client);
        Assert.InRange(client.Call("Query", Part("Token", token)).Elements(Ns + "Entry").Count(), before, storm.Total);
    }

    [Fact]
    public void A_backup_that_was_damaged_or_belongs_to_another_secret_is_refused_whole()
    {
        using var authority = new AuthorityProcess();
        authority.Init();
        string backup = authority["backup"], spoiled = authority["spoiled"];
        authority.Do("backup", backup);
        byte[] good = File.ReadAllBytes(backup);
        for (int at = 0; at < good.Length; at += Math.Max(1, good.Length / 40))
        {
            byte[] altered = [.. good];
            altered[at] ^= 0x20;
            Write(altered);
            try
            {
                Restore();
                // Dates and the like, which say nothing; what was restored is what was backed up.
                Assert.Equal(File.ReadAllBytes(authority.Directory.KeysPath), File.ReadAllBytes(Path.Combine(authority["restored"], "keys")));
                Directory.Delete(authority["restored"], recursive: true);
            }
            catch (BackupException e)
            {
                Assert.Equal(BackupFault.Damaged, e.Fault);
            }
            Assert.False(Directory.Exists(authority["restored"]));
        }
        foreach (int length in new[] { 0, 1, 100, good.Length / 2, good.Length - 1 }) Refused(good[..length]);
        Refused(Encoding.ASCII.GetBytes("no backup"));
        Refused(Changed(archive => archive.GetEntry("tls.crt")!.Delete()));
        Refused(Changed(archive => archive.GetEntry("manifest")!.Delete()));
        // Somebody who would let themselves in needs the secret for it.
        Refused(Changed(archive => Put(archive, "vault.db", [1, 2, 3])));
        Refused(Changed(archive => Put(archive, "manifest", new BackupManifest([]).Write(new byte[32]))));
        Refused(Changed(archive => Put(archive, "manifest", new BackupManifest([new BackupFile("../keys", 0, new byte[32])]).Write(Secret()))));
        File.WriteAllBytes(authority["other"], SecretBytes.Random(32));
        Assert.Equal(BackupFault.Damaged, Assert.Throws<BackupException>(() => Restore(authority["other"], backup)).Fault);
        Assert.Equal(DataDirectoryFault.SecretMissing, Assert.Throws<DataDirectoryException>(() => Restore(authority["nowhere"], backup)).Fault);
        Assert.Equal(BackupFault.NotFound, Assert.Throws<BackupException>(() => Restore(path: authority["nowhere"])).Fault);
        Assert.False(Directory.Exists(authority["restored"]));
        Restore(path: backup);

        byte[] Secret() => File.ReadAllBytes(authority.Directory.SecretPath);

        void Write(byte[] content) => File.WriteAllBytes(spoiled, content);

        void Refused(byte[] content)
        {
            Write(content);
            Assert.Equal(BackupFault.Damaged, Assert.Throws<BackupException>(() => Restore()).Fault);
            Assert.False(Directory.Exists(authority["restored"]));
        }

        void Restore(string? secret = null, string? path = null) =>
            BackupTests.Restore(path ?? spoiled, new DataDirectory(authority["restored"], secret ?? authority.Directory.SecretPath));

        byte[] Changed(Action<ZipArchive> change)
        {
            using var stream = new MemoryStream();
            stream.Write(good);
            using (var archive = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true)) change(archive);
            return stream.ToArray();
        }
    }

    [Theory]
    [InlineData("UPDATE package_content SET content = digest FROM package WHERE package.id = package_content.id", "is not what was laid in")]
    [InlineData("UPDATE package SET returnable = 1 - returnable", "is not what was laid in")]
    [InlineData("UPDATE package SET storage_key = client", "is wrapped to a key that is not among those")]
    [InlineData("DELETE FROM package_content", "is missing")]
    [InlineData("DELETE FROM package", "that are not there")]
    [InlineData("UPDATE audit_head SET sequence = 7", "at the end are missing")]
    public void A_vault_that_was_not_whole_when_it_was_backed_up_is_not_restored(string damage, string finding)
    {
        using var authority = new AuthorityProcess();
        authority.Init();
        using (OpenAuthority open = OpenAuthority.Open(authority.Directory))
        {
            PackageEntry entry = VaultTests.Entry([1], [3, 4]) with { StorageKey = open.Keys.StorageKey.Name };
            byte[] seal = new PackageSeal(open.Keys.StateSecret).Of(entry, [3, 4]);
            open.Database.Write(transaction =>
            {
                PackageVault.Add(transaction, entry, new StoredContent([3, 4], seal), [[5]]);
                return transaction.Execute(damage);
            });
        }
        using (VaultDatabase database = OpenAuthority.OpenDatabase(authority.Directory))
            BackupArchive.Write(authority["backup"], authority.Directory, database, File.ReadAllBytes(authority.Directory.SecretPath));
        using AuthorityProcess restored = AuthorityProcess.WithSecretOf(authority);
        BackupException refused = Assert.Throws<BackupException>(() => Restore(authority["backup"], restored.Directory));
        Assert.Equal(BackupFault.ContentNotWhole, refused.Fault);
        Assert.Contains(finding, refused.Message, StringComparison.Ordinal);
        Assert.Equal([restored.Directory.SecretPath], Directory.GetFileSystemEntries(restored.DataPath));
    }

    [Fact]
    public void With_PostgreSQL_the_backup_is_of_the_keys_and_is_restored_beside_what_pg_dump_brought_back()
    {
        using var authority = new AuthorityProcess(postgres.Server.CreateDatabase());
        authority.Init("--name", "Example MA");
        Assert.Contains("NOT in it, since they are in PostgreSQL", authority.Do("backup", authority["backup"]), StringComparison.Ordinal);
        using (ZipArchive archive = ZipFile.OpenRead(authority["backup"]))
            Assert.Equal(["keys", "manifest", "signing.crt", "tls.crt"], archive.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal));
        string copy = postgres.Server.Copy(authority.Connection!);
        using AuthorityProcess restored = AuthorityProcess.WithSecretOf(authority);
        Failed(restored.Run("restore", authority["backup"]), "--database");
        Assert.Contains("'Example MA'", restored.Do("restore", authority["backup"], "--database", copy), StringComparison.Ordinal);
        Assert.Contains("3 records, whole", restored.Do("status"), StringComparison.Ordinal);
        // A trail that came back is guarded as before.
        using VaultDatabase database = OpenAuthority.OpenDatabase(restored.Directory);
        Assert.ThrowsAny<System.Data.Common.DbException>(() => database.Write(transaction => transaction.Execute("DELETE FROM audit")));
    }

    // As the command does, without starting the program for each.
    private static void Restore(string path, DataDirectory directory) =>
        Restoration.Run(path, directory, staged => OpenAuthority.Connect(staged, null), isServer: false, new AuditEvent { Name = "Restore", Origin = "test" });

    private static void Put(ZipArchive archive, string name, byte[] content)
    {
        archive.GetEntry(name)!.Delete();
        using Stream entry = archive.CreateEntry(name).Open();
        entry.Write(content);
    }

    private static bool Contains(byte[] content, byte[] part) => content.AsSpan().IndexOf(part) >= 0;

    private static void Failed((int ExitCode, string Output, string Error) run, string why)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }
}
