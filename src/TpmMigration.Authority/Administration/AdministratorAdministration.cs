using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Administration;

/// <summary>Says who may administrate over the network.</summary>
internal sealed class AdministratorAdministration(VaultDatabase database, TimeProvider time)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    internal IReadOnlyList<Administrator> All() => database.Read(AdministratorList.All);

    /// <param name="content">One certificate in PEM or DER.</param>
    /// <param name="role">What they may do.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who lets them in.</param>
    /// <exception cref="AdministrationException">It is no certificate that serves, or is listed already.</exception>
    internal Administrator Add(byte[] content, AdministratorRole role, string reason, Actor by)
    {
        using X509Certificate2 certificate = Read(content);
        if (certificate.NotAfter.ToUniversalTime() < Now())
            throw new AdministrationException(AdministrationFault.Invalid, "The certificate is over.");
        if (certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } usages && !usages.EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>().Any(usage => usage.Value == ClientAuthentication))
            throw new AdministrationException(AdministrationFault.Invalid, "The certificate is for other uses than client authentication.");
        var entry = new Administrator(FingerprintOf(certificate), role, certificate.Subject, certificate.RawData, Now(), by.Name, reason);
        return database.Write(transaction =>
        {
            if (!AdministratorList.Add(transaction, entry))
                throw new AdministrationException(AdministrationFault.Conflict, "The certificate is that of an administrator already. Remove it first to give it another role.");
            AuditLog.Append(transaction, Now(), by.Event("AdministratorAdd", Hex.Format(entry.Fingerprint), $"{entry.Role} '{entry.Label}' {reason}"));
            return entry;
        });
    }

    /// <exception cref="AdministrationException">There is none of this certificate.</exception>
    internal Administrator Remove(byte[] fingerprint, string reason, Actor by) => database.Write(transaction =>
    {
        Administrator entry = AdministratorList.Find(transaction, fingerprint)
            ?? throw new AdministrationException(AdministrationFault.NotFound, "There is no administrator of this certificate; `tpm-ma admin list` shows who is.");
        AdministratorList.Remove(transaction, fingerprint);
        AuditLog.Append(transaction, Now(), by.Event("AdministratorRemove", Hex.Format(fingerprint), $"{entry.Role} '{entry.Label}' {reason}"));
        return entry;
    });

    /// <summary>By what an administrator is known: SHA-256 of the certificate, 32 bytes.</summary>
    internal static byte[] FingerprintOf(X509Certificate2 certificate) => TpmHash.Digest(TpmAlgId.Sha256, certificate.RawData);

    private static X509Certificate2 Read(byte[] content)
    {
        try
        {
            IReadOnlyList<byte[]> all = CertificateText.Split(content);
            return all.Count == 1
                ? X509CertificateLoader.LoadCertificate(all[0])
                : throw new AdministrationException(AdministrationFault.Invalid, "The file must hold one certificate: that of the administrator.");
        }
        catch (Exception e) when (e is FormatException or System.Security.Cryptography.CryptographicException)
        {
            throw new AdministrationException(AdministrationFault.Invalid, "The file holds something that is no certificate.", e);
        }
    }

    private DateTime Now() => time.GetUtcNow().UtcDateTime;
}
