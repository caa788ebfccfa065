using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Approvals;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Documents;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma trust add|list|remove`: whose TPMs are let in.</summary>
internal static class TrustCommand
{
    internal static Command Make(CommonOptions common) =>
        new("trust", "Whose TPMs are let in: manufacturers' roots, and single endorsement keys.") { Add(common), List(common), Remove(common) };

    private static Command Add(CommonOptions common)
    {
        var file = new Argument<FileInfo>("file") { Description = "Certificates in PEM or DER; with --endorsement-key also a public area (TPMT_PUBLIC or TPM2B_PUBLIC)." };
        var single = new Option<bool>("--endorsement-key") { Description = "The file is of one endorsement key, which is let in by itself." };
        var reason = new Option<string>("--reason") { Description = "Why; goes into the audit trail.", DefaultValueFactory = _ => string.Empty };
        var command = new Command("add", "Lets TPMs in.") { file, single, reason };
        command.SetAction(parsed =>
        {
            byte[] content = Read(parsed.GetValue(file)!);
            IReadOnlyList<TrustedEndorsement> entries = parsed.GetValue(single) ? [EndorsementKey(content, parsed.GetValue(reason)!)] : Roots(content, parsed.GetValue(reason)!);
            using VaultDatabase database = OpenAuthority.OpenDatabase(common.Directory(parsed));
            foreach (TrustedEndorsement entry in entries)
            {
                bool isNew = Change(database, "TrustAdd", entry, transaction => TrustList.Add(transaction, entry));
                parsed.InvocationConfiguration.Output.WriteLine($"{(isNew ? "Added" : "There already")}: {Line(entry)}");
            }
            return 0;
        });
        return command;
    }

    private static Command List(CommonOptions common)
    {
        var command = new Command("list", "Shows who is let in.");
        command.SetAction(parsed =>
        {
            using VaultDatabase database = OpenAuthority.OpenDatabase(common.Directory(parsed));
            foreach (TrustedEndorsement entry in database.Read(TrustList.All))
                parsed.InvocationConfiguration.Output.WriteLine($"{Line(entry)} added {StrictElement.FormatDate(entry.Added)} by {entry.AddedBy} {entry.Reason}");
            return 0;
        });
        return command;
    }

    private static Command Remove(CommonOptions common)
    {
        var fingerprint = new Argument<string>("fingerprint") { Description = "As list shows it." };
        var command = new Command("remove", "Lets TPMs in no longer. Tokens that were given out end by themselves, within minutes.") { fingerprint };
        command.SetAction(parsed =>
        {
            byte[] wanted = Hex.TryParse(parsed.GetValue(fingerprint)!) ?? throw new CommandException("A fingerprint is lower-case hexadecimal, as list shows it.");
            using VaultDatabase database = OpenAuthority.OpenDatabase(common.Directory(parsed));
            TrustedEndorsement entry = database.Read(TrustList.All).FirstOrDefault(e => SecretBytes.FixedTimeEquals(e.Fingerprint, wanted))
                ?? throw new CommandException("Nobody of this fingerprint is let in; `tpm-ma trust list` shows who is.");
            Change(database, "TrustRemove", entry, transaction => TrustList.Remove(transaction, entry.Fingerprint));
            parsed.InvocationConfiguration.Output.WriteLine($"Removed: {Line(entry)}");
            return 0;
        });
        return command;
    }

    private static bool Change(VaultDatabase database, string what, TrustedEndorsement entry, Func<VaultTransaction, bool> change) => database.Write(transaction =>
    {
        bool changed = change(transaction);
        if (changed) AuditLog.Append(transaction, DateTime.UtcNow, new AuditEvent { Name = what, Origin = Account.Current, Subject = Hex.Format(entry.Fingerprint), Detail = $"{entry.Kind} '{entry.Label}' {entry.Reason}" });
        return changed;
    });

    private static List<TrustedEndorsement> Roots(byte[] content, string reason)
    {
        List<TrustedEndorsement> entries = [];
        try
        {
            foreach (byte[] der in CertificateText.Split(content))
            {
                using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
                entries.Add(Entry(TrustedKind.Root, TpmHash.Digest(TpmAlgId.Sha256, certificate.RawData), certificate.Subject, certificate.RawData, reason));
            }
        }
        catch (Exception e) when (e is FormatException or System.Security.Cryptography.CryptographicException)
        {
            throw new CommandException("The file holds something that is no certificate.", e);
        }
        return entries.Count != 0 ? entries : throw new CommandException("The file holds no certificate.");
    }

    private static TrustedEndorsement EndorsementKey(byte[] content, string reason)
    {
        TpmtPublic key = Area(content, TpmtPublic.Unmarshal) ?? Area(content, TpmtPublic.UnmarshalSized) ?? Certified(content);
        return EndorsementTemplate.Of(key) is { } template
            ? Entry(TrustedKind.EndorsementKey, key.Name, "EK " + template.Name, key.Marshal(), reason)
            : throw new CommandException("The key follows none of the default templates of endorsement keys: L-1, L-2, H-3, H-6.");
    }

    private static TpmtPublic? Area(byte[] content, Func<byte[], TpmtPublic> read)
    {
        try
        {
            return read(content);
        }
        catch (TpmWireException)
        {
            return null;
        }
    }

    private static TpmtPublic Certified(byte[] content)
    {
        try
        {
            return EndorsementCertificate.Read(CertificateText.Split(content)[0]).PublicArea;
        }
        catch (Exception e) when (e is DestinationException or FormatException)
        {
            throw new CommandException("The file is neither the public area of an endorsement key nor its certificate.", e);
        }
    }

    private static TrustedEndorsement Entry(TrustedKind kind, byte[] fingerprint, string label, byte[] content, string reason) =>
        new(kind, fingerprint, label, content, DateTime.UtcNow, Account.Current, reason);

    private static byte[] Read(FileInfo file)
    {
        const int MostBytes = 1024 * 1024;
        if (!file.Exists) throw new CommandException($"There is no file '{file.FullName}'.");
        return file.Length <= MostBytes ? File.ReadAllBytes(file.FullName) : throw new CommandException(string.Create(CultureInfo.InvariantCulture, $"'{file.FullName}' is larger than {MostBytes} bytes, and no file of certificates."));
    }

    private static string Line(TrustedEndorsement entry) => $"{entry.Kind} {Hex.Format(entry.Fingerprint)} '{entry.Label}'";
}
