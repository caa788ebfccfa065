using System.CommandLine;
using System.Globalization;
using System.IO;
using TpmMigration.Approvals;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Backup;
using TpmMigration.Authority.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma backup`: a copy of everything but the secret, while the service runs.</summary>
internal static class BackupCommand
{
    internal static Command Make(CommonOptions common)
    {
        var file = new Argument<FileInfo>("file") { Description = "The backup; it must not be there yet." };
        var command = new Command("backup", "Writes keys, certificates and the vault into one file, without the secret that opens the keys. The service may run meanwhile.") { file };
        command.SetAction(parsed =>
        {
            DataDirectory directory = common.Directory(parsed);
            string path = parsed.GetValue(file)!.FullName;
            using OpenAuthority authority = OpenAuthority.Open(directory);
            OpenAuthority.Note(authority.Database, new AuditEvent { Name = "Backup", Origin = Account.Current });
            byte[] secret = directory.ReadSecret();
            bool isWhole;
            try
            {
                isWhole = BackupArchive.Write(path, directory, authority.Database, secret);
            }
            finally
            {
                SecretBytes.Clear(secret);
            }
            AuditVerdict audit = authority.Database.Read(transaction => AuditLog.Verify(transaction, null));
            TextWriter output = parsed.InvocationConfiguration.Output;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Written: {path}, {new FileInfo(path).Length} bytes."));
            if (!isWhole) output.WriteLine("Packages, audit trail and who is let in are NOT in it, since they are in PostgreSQL: back them up with pg_dump, or by archiving its log, after this.");
            output.WriteLine($"The secret is NOT in it: keep '{directory.SecretPath}' elsewhere. Without it the backup is worth nothing.");
            output.WriteLine($"Head of the audit trail: {Hex.Format(audit.Head)}");
            if (audit.Problem == null) return 0;
            parsed.InvocationConfiguration.Error.WriteLine("The audit trail is broken, and cannot be restored so: " + audit.Problem);
            return AuditCommand.Broken;
        });
        return command;
    }
}
