using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Approvals;

/// <summary>The XML form of a trust register, namespace urn:tpm-migration:trust:1.</summary>
internal static class TrustRegisterXml
{
    /// <summary>Some thousand certificates.</summary>
    internal static DocumentLimits Limits { get; } = new() { MostBytes = 16 * 1024 * 1024 };

    private static readonly XNamespace Ns = "urn:tpm-migration:trust:1";

    internal static string Write(IEnumerable<TrustEntry> entries) => StrictXml.Save(new XElement(Ns + "TrustRegister", entries.Select(Element)));

    /// <exception cref="DocumentFormatException">It is no register.</exception>
    internal static IReadOnlyList<TrustEntry> Read(string text)
    {
        StrictElement root = StrictXml.Load(text, Ns + "TrustRegister", Limits);
        var names = new HashSet<string>(TrustEntry.NameComparer);
        var signers = new HashSet<SignerIdentity>();
        List<TrustEntry> entries = [];
        foreach (StrictElement element in root.Children("Signer"))
        {
            TrustEntry entry = Read(element);
            if (!names.Add(entry.Name) || !signers.Add(entry.Signer)) throw element.Fault("A name or a signer is registered twice.");
            entries.Add(entry);
        }
        root.End();
        return entries;
    }

    private static XElement Element(TrustEntry entry) => new(Ns + "Signer",
        new XAttribute("name", entry.Name),
        new XAttribute("roles", string.Join(" ", Roles.Where(r => entry.Roles.HasFlag(r)))),
        entry.IncludesIssued ? new XAttribute("includesIssued", "true") : null,
        new XAttribute("registered", StrictElement.FormatDate(entry.Registered)),
        new XAttribute("by", entry.RegisteredBy),
        entry.Reason == null ? null : new XAttribute("reason", entry.Reason),
        entry.Signer switch
        {
            CertificateIdentity certificate => new XElement(Ns + "Certificate", Convert.ToBase64String(certificate.Certificates[0])),
            PlatformIdentity platform => new XElement(Ns + "PlatformSigningKey", Convert.ToBase64String(platform.PublicArea.Marshal())),
            _ => throw new ArgumentException("A signer has a certificate or a platform signing key."),
        });

    private static TrustRole[] Roles => [TrustRole.PackageSigner, TrustRole.MigrationAuthority, TrustRole.MigrationSelectionAuthority];

    private static TrustEntry Read(StrictElement element)
    {
        try
        {
            string name = element.Attribute("name");
            TrustRole roles = ReadRoles(element);
            bool includesIssued = element.OptionalAttribute("includesIssued") switch
            {
                null => false,
                "true" => true,
                _ => throw element.Fault("The attribute includesIssued is 'true' or left out."),
            };
            var entry = new TrustEntry
            {
                Name = name,
                Roles = roles,
                IncludesIssued = includesIssued,
                Registered = element.DateAttribute("registered"),
                RegisteredBy = element.Attribute("by"),
                Reason = element.OptionalAttribute("reason"),
                Signer = element.HasNext("Certificate")
                    ? new CertificateIdentity([element.Child("Certificate").Base64()])
                    : new PlatformIdentity(element.Child("PlatformSigningKey").Structure(TpmtPublic.Unmarshal), null),
            };
            element.End();
            entry.Check();
            return entry;
        }
        catch (Exception e) when (e is SignatureException or TrustRegisterException)
        {
            throw element.Fault(e.Message);
        }
    }

    private static TrustRole ReadRoles(StrictElement element)
    {
        TrustRole roles = TrustRole.None;
        foreach (string word in element.Attribute("roles").Split(' '))
        {
            TrustRole role = Roles.FirstOrDefault(r => r.ToString() == word);
            if (role == TrustRole.None || roles.HasFlag(role)) throw element.Fault($"The attribute roles is not a list of some of {string.Join(", ", Roles)}.");
            roles |= role;
        }
        return roles;
    }
}
