using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Signatures;
using TpmMigration.Tests.Packages;
using TpmMigration.Tests.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Fuzz.Targets;

/// <summary>Documents that hold together, made without a TPM.</summary>
internal static class SampleDocuments
{
    internal static MigrationDestination Destination { get; } = MakeDestination();

    /// <summary>An approval of the first key of a package, for its destination.</summary>
    internal static OwnerApproval ApprovalOf(MigrationPackage package) => new()
    {
        Id = new Guid(SamplePackages.Bytes(21, 16)),
        ApprovedBy = "owner",
        Reason = "moving",
        Created = package.Created,
        ValidUntil = package.Created.AddDays(1),
        MachineHost = package.Source.HostName,
        MachineName = package.Source.Name,
        KeyName = package.Keys[0].Name,
        KeyTpmName = package.Keys[0].PublicArea.Name,
        DestinationHost = package.Destination.HostName,
        DestinationName = package.Destination.Parent.Name,
        Ticket = new OwnerTicket(SamplePackages.Bytes(22, 32), SamplePackages.Bytes(23, 16), new TpmtTicket(TpmSt.AuthSecret, 0x40000001, SamplePackages.Bytes(24, 32))),
    };

    private static readonly SamplePlatformSigner s_signer = new();

    // A Migration Authority signs with a certificate.
    private static readonly SoftwareSigner s_authority = SoftwareSigner.Ecdsa();

    /// <summary>The storage key of a Migration Authority.</summary>
    internal static string AuthorityKey { get; } =
        AuthorityKeyDocument.Write(new MigrationAuthorityKey { AuthorityName = "authority", Created = SamplePackages.Created, Parent = SamplePackages.Parent }, s_authority);

    /// <summary>A receipt for a key and its child. Its statement is about the key, and not for this receipt.</summary>
    internal static string Receipt { get; } = MakeReceipt();

    private static readonly SoftwareSigner s_person = SoftwareSigner.Ecdsa();

    /// <summary>An approval of an authority for one key.</summary>
    internal static string Selection { get; } = ApprovalDocument.Write(new SelectionApprover(s_person).Sign(new SelectionRequest
    {
        Decision = SelectionDecision.Approved,
        Key = new SelectedKey("Group", SamplePackages.Parent.Name),
        Destination = Destination,
        Reason = "moving",
        NotBefore = SamplePackages.Created,
        ValidUntil = SamplePackages.Created.AddDays(1),
    }));

    /// <summary>A release by a recovery agent.</summary>
    internal static string Release { get; } = ReleaseDocument.Write(
        new RecoveryRelease(new SealedSecret(KeyTemplates.SealedChildOf(SamplePackages.Parent), new WrappedKey(SamplePackages.Bytes(41, 90), SamplePackages.Bytes(44, 70))), null)
        {
            Id = new Guid(SamplePackages.Bytes(42, 16)),
            Created = SamplePackages.Created,
            Reason = "the board is dead",
            PackageId = new Guid(SamplePackages.Bytes(43, 16)),
            DestinationHost = "machine-b",
            DestinationName = Destination.Parent.Name,
        },
        s_person);

    /// <summary>Signs a document as it now is; one that cannot be signed stays without a signature.</summary>
    internal static void SignAnew(XElement document)
    {
        document.Element(XmlSignature.Ns + "Signature")?.Remove();
        try
        {
            document.Add(XmlSignature.Create(CanonicalDigest.Of(document), SignerOf(document.Name.LocalName), document.Name.Namespace, depth: 1).Element);
        }
        catch (Exception e) when (e is ArgumentException or XmlException or InvalidOperationException)
        {
            // Left unsigned.
        }
    }

    private static IDocumentSigner SignerOf(string document) => document switch
    {
        "MigrationReceipt" => s_signer,
        "MigrationAuthorityKey" => s_authority,
        _ => s_person,
    };

    private static string MakeReceipt()
    {
        KeyCertification certification = SampleCertifications.Of(SamplePackages.Parent);
        byte[] parent = SamplePackages.Parent.Name;
        return ReceiptDocument.Write(
            new MigrationReceipt
            {
                Id = new Guid(SamplePackages.Bytes(31, 16)),
                Created = SamplePackages.Created,
                HostName = "machine-b",
                PackageId = new Guid(SamplePackages.Bytes(32, 16)),
                SourceName = parent,
                ParentName = parent,
                AboveParent = TpmHandle.Owner.Name,
                AttestationKey = certification.AttestationKey,
                Keys =
                [
                    new ReceiptKey("Group", parent, new ReceiptProof(certification.Statement, certification.Signature), null),
                    new ReceiptKey("Leaf", [0, 11, .. SamplePackages.Bytes(33, 32)], null, parent),
                ],
            },
            s_signer);
    }

    internal static IReadOnlyList<TrustEntry> TrustEntries { get; } = MakeTrustEntries();

    private static TrustEntry[] MakeTrustEntries()
    {
        using SoftwareSigner authority = SoftwareSigner.Ecdsa();
        using var platform = new SamplePlatformSigner();
        return [Entry("authority", authority), Entry("platform", platform)];
    }

    private static TrustEntry Entry(string name, IDocumentSigner signer) => new()
    {
        Name = name,
        Roles = TrustRole.PackageSigner,
        Registered = SamplePackages.Created,
        RegisteredBy = "administrator",
        Reason = "a test",
        Signer = signer.Identity,
    };

    private static MigrationDestination MakeDestination()
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=endorsement", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        TpmtPublic template = KeyTemplates.EndorsementRsa2048;
        return new MigrationDestination
        {
            Kind = DestinationKind.StorageKey,
            HostName = "machine-b",
            Created = SamplePackages.Created,
            Parent = SamplePackages.Parent,
            EndorsementKey = new TpmtPublic
            {
                NameAlg = template.NameAlg,
                ObjectAttributes = template.ObjectAttributes,
                AuthPolicy = template.AuthPolicy,
                Parameters = template.Parameters,
                Unique = key.ExportParameters(false).Modulus!,
            },
            EndorsementCertificates = [certificate.RawData],
            Certification = SampleCertifications.Of(SamplePackages.Parent),
        };
    }
}
