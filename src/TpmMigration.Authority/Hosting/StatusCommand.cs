using System.CommandLine;
using System.Globalization;
using System.IO;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma status`: what there is.</summary>
internal static class StatusCommand
{
    internal static Command Make(CommonOptions common)
    {
        var command = new Command("status", "Tells what this Migration Authority is and holds.");
        command.SetAction(parsed =>
        {
            DataDirectory directory = common.Directory(parsed);
            using OpenAuthority authority = OpenAuthority.Open(directory);
            (long packages, long clients, int trusted, AuditVerdict audit) = authority.Database.Read(transaction =>
            {
                (long stored, long of) = PackageVault.Count(transaction);
                return (stored, of, TrustList.All(transaction).Count, AuditLog.Verify(transaction, null));
            });
            TextWriter output = parsed.InvocationConfiguration.Output;
            output.WriteLine($"Data directory:      {directory.FullPath}");
            output.WriteLine($"Database:            {authority.Database.Describe()}");
            output.WriteLine($"Name:                {authority.Keys.Name}");
            foreach (StorageKey key in authority.Keys.StorageKeys)
                output.WriteLine($"{(key == authority.Keys.StorageKey ? "Storage key:" : "Older, kept:"),-20} {Hex.Format(key.Name)} {key.Algorithm}");
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Signing certificate: until {authority.Keys.SigningCertificate.NotAfter.ToUniversalTime():yyyy-MM-dd}"));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"TLS certificate:     until {authority.Keys.TlsCertificate.NotAfter.ToUniversalTime():yyyy-MM-dd}"));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Packages:            {packages} of {clients} clients"));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Trusted:             {trusted} roots, endorsement keys and selection authorities"));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Audit trail:         {audit.Records} records, {audit.Problem ?? "whole"}"));
            return 0;
        });
        return command;
    }
}
