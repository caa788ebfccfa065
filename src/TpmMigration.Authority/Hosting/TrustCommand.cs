using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Approvals;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Documents;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Hosting;

/// <summary>`tpm-ma trust add|list|remove`: whose TPMs are let in.</summary>
internal static class TrustCommand
{
    internal static Command Make(CommonOptions common) =>
        new("trust", "Whose TPMs are let in: manufacturers' roots, and single endorsement keys. Whose approvals count.") { Add(common), List(common), Remove(common) };

    private static Command Add(CommonOptions common)
    {
        var file = new Argument<FileInfo>("file") { Description = "Certificates in PEM or DER; with --endorsement-key also a public area (TPMT_PUBLIC or TPM2B_PUBLIC)." };
        var single = new Option<bool>("--endorsement-key") { Description = "The file is of one endorsement key, which is let in by itself." };
        var authority = new Option<bool>("--selection-authority") { Description = "The file is of a Migration Selection Authority. With the first, approvals of no others count any more." };
        var reason = new Option<string>("--reason") { Description = "Why; goes into the audit trail.", DefaultValueFactory = _ => string.Empty };
        var command = new Command("add", "Lets TPMs in, or says whose approvals count.") { file, single, authority, reason };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(single) && parsed.GetValue(authority)) throw new CommandException("A file is of an endorsement key or of a selection authority, not of both.");
            byte[] content = SmallFile.Read(parsed.GetValue(file)!);
            string why = parsed.GetValue(reason)!;
            IReadOnlyList<TrustedEndorsement> entries = parsed.GetValue(single) ? [EndorsementKey(content, why)] : parsed.GetValue(authority) ? [Authority(content, why)] : Roots(content, why);
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
        Option<bool> json = CommandOutput.JsonOption();
        var command = new Command("list", "Shows who is let in, and whose approvals count.") { json };
        command.SetAction(parsed =>
        {
            using VaultDatabase database = OpenAuthority.OpenDatabase(common.Directory(parsed));
            CommandOutput.Write(
                parsed.InvocationConfiguration.Output, database.Read(TrustList.All), parsed.GetValue(json), Shown,
                ("KIND", entry => entry.Kind.ToString()),
                ("FINGERPRINT", entry => Hex.Format(entry.Fingerprint)),
                ("LABEL", entry => entry.Label),
                ("ADDED", entry => StrictElement.FormatDate(entry.Added)),
                ("BY", entry => entry.AddedBy),
                ("REASON", entry => entry.Reason));
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

    private static TrustedEndorsement Authority(byte[] content, string reason)
    {
        try
        {
            SelectionAuthority authority = SelectionAuthorityFile.Read(content);
            return Entry(TrustedKind.SelectionAuthority, authority.TpmName, authority.Description, authority.Certificate ?? authority.PublicArea.Marshal(), reason);
        }
        catch (SignatureException e)
        {
            throw new CommandException(e.Message, e);
        }
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

    private static object Shown(TrustedEndorsement entry) => new
    {
        kind = entry.Kind.ToString(),
        fingerprint = Hex.Format(entry.Fingerprint),
        label = entry.Label,
        added = StrictElement.FormatDate(entry.Added),
        addedBy = entry.AddedBy,
        reason = entry.Reason,
    };

    private static string Line(TrustedEndorsement entry) => $"{entry.Kind} {Hex.Format(entry.Fingerprint)} '{entry.Label}'";
}
