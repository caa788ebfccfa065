using System.CommandLine;
using System.Globalization;
using System.IO;
using TpmMigration.Approvals;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Backup;
using TpmMigration.Authority.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma restore`: a data directory from a backup.</summary>
internal static class RestoreCommand
{
    internal static Command Make(CommonOptions common)
    {
        var file = new Argument<FileInfo>("file") { Description = "What `tpm-ma backup` wrote." };
        var server = new Option<string?>("--database") { Description = "The connection string of the PostgreSQL database that belongs to the backup and was restored before; it is kept. TPM_MA_DATABASE, which is not kept, goes before it." };
        var command = new Command("restore", "Brings a backup back into an empty data directory, if its secret is there or is named. Verifies packages and audit trail.") { file, server };
        command.SetAction(parsed =>
        {
            DataDirectory directory = common.Directory(parsed);
            string? kept = parsed.GetValue(server), connection = directory.Connection ?? kept;
            RestoredContent restored = Restoration.Run(
                parsed.GetValue(file)!.FullName,
                directory,
                staged =>
                {
                    staged.WriteConnection(kept);
                    return OpenAuthority.Connect(staged, connection);
                },
                connection != null,
                new AuditEvent { Name = "Restore", Origin = Account.Current });
            TextWriter output = parsed.InvocationConfiguration.Output;
            output.WriteLine($"Restored: '{restored.Name}' in {directory.FullPath}");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Packages:    {restored.Packages}, as they were laid in"));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Audit trail: {restored.AuditRecords} records, whole. Head: {Hex.Format(restored.AuditHead)}"));
            return 0;
        });
        return command;
    }
}
