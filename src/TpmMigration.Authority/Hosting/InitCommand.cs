using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using TpmMigration.Authority.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma init`: keys, certificates, database.</summary>
internal static class InitCommand
{
    private const int MostNameLength = 64;

    internal static Command Make(CommonOptions common)
    {
        var name = new Option<string>("--name") { Description = "What people call this Migration Authority; in its certificates.", DefaultValueFactory = _ => "Migration Authority on " + Environment.MachineName };
        var hosts = new Option<string[]>("--host") { Description = "A DNS name or address under which clients reach it; in the certificate of TLS. Besides this machine's name and loopback." };
        var database = new Option<string?>("--database") { Description = "The connection string of a PostgreSQL database, which is kept in the data directory; TPM_MA_DATABASE, which is not kept, goes before it. Else the database is a file." };
        var storageKey = new StorageKeyOptions();
        var command = new Command("init", "Makes a Migration Authority: keys, certificates and an empty vault.") { name, hosts, database };
        storageKey.AddTo(command);
        command.SetAction(parsed =>
        {
            DataDirectory directory = common.Directory(parsed);
            using OpenAuthority authority = OpenAuthority.Create(directory, Checked(parsed.GetValue(name)!), Hosts(parsed.GetValue(hosts) ?? []), storageKey.Of(parsed), parsed.GetValue(database));
            TextWriter output = parsed.InvocationConfiguration.Output;
            output.WriteLine($"Data directory:      {directory.FullPath}");
            output.WriteLine($"Database:            {authority.Database.Describe()}");
            output.WriteLine($"Name:                {authority.Keys.Name}");
            output.WriteLine($"Storage key:         {Hex.Format(authority.Keys.StorageKey.Name)} {authority.Keys.StorageKey.Algorithm}");
            output.WriteLine($"Signing certificate: {directory.SigningCertificatePath}, SHA-256 {Hex.Format(TpmHash.Digest(TpmAlgId.Sha256, authority.Keys.SigningCertificate.RawData))}");
            output.WriteLine($"TLS certificate:     {directory.TlsCertificatePath}, SHA-256 {Hex.Format(TpmHash.Digest(TpmAlgId.Sha256, authority.Keys.TlsCertificate.RawData))}");
            output.WriteLine($"Keep '{directory.SecretPath}' out of backups of the rest: with both, the keys can be read.");
            return 0;
        });
        return command;
    }

    private static string Checked(string name) => name.Length is > 0 and <= MostNameLength && !name.Any(char.IsControl)
        ? name
        : throw new CommandException($"A name has 1 to {MostNameLength} characters.");

    private static List<string> Hosts(string[] more) => [.. new[] { Environment.MachineName, "localhost", "127.0.0.1", "::1" }.Concat(more).Distinct(StringComparer.OrdinalIgnoreCase)];
}
