using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Fuzz.Engine;
using TpmMigration.Fuzz.Mutation;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tests.Packages;
using TpmMigration.Tests.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Fuzz.Targets;

/// <summary>
/// Packages. Most that are changed are signed anew, and names made to fit their public areas again, or no change would be seen by anything
/// behind the signature. The signature itself is changed too, and the text of whole documents.
/// </summary>
public sealed class PackageTarget : FuzzTarget
{
    private static readonly XNamespace s_ns = "urn:tpm-migration:package:1";

    private readonly IDocumentSigner[] _signers = [SoftwareSigner.Ecdsa(), SoftwareSigner.Rsa(), new SamplePlatformSigner()];

    public override string Name => "package";

    public override int MostInput => 256 * 1024;

    public override IReadOnlyList<byte[]> Seeds()
    {
        MigrationPackage family = Approved(SamplePackages.Family());
        MigrationPackage rich = family with
        {
            ReleaseAuthorities = [Certificate(), Certificate()],
            Extensions = [new PackageExtension("urn:x", false, [1, 2, 3])],
            Keys = family.Keys.Select(k => k with { SelectionAuthorities = [Certificate()], Extensions = [new PackageExtension("urn:y", false, [])] }).ToList(),
        };
        return [.. _signers.SelectMany(signer => new[] { family, rich, Approved(SamplePackages.Bound()) }.Select(package => Written(package, signer))), Written(SamplePackages.Many(3), _signers[0])];
    }

    private static string Kind(PackageKey key)
    {
        KeyClassification told = KeyClassification.Of(key.PublicArea, key.Policy);
        return told.Use == null ? told.Kind.ToString() : told.Kind + " for use with PCRs";
    }

    public override byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        XElement? root = random.OnceIn(8) ? null : XmlMutator.Parse(input);
        if (root == null) return XmlMutator.MutateText(random, input, other);
        XElement parts = XmlMutator.Parse(other) ?? root;
        bool signAnew = random.Next(4) != 0;
        XElement? signature = root.Element(XmlSignature.Ns + "Signature");
        if (signAnew)
        {
            signature?.Remove();
            XmlMutator.Mutate(random, root, parts);
            if (random.Next(4) != 0) Mend(root);
            signature = Signed(root, random.Of(_signers));
        }
        if ((!signAnew || random.OnceIn(4)) && signature != null) XmlMutator.Mutate(random, signature, parts);
        return XmlMutator.Write(root) ?? XmlMutator.MutateText(random, input, other);
    }

    public override string Run(byte[] input) => Outcome.Of(
        "package",
        () => Use(Read(input)),
        typeof(PackageFormatException),
        typeof(SignatureException),
        typeof(PackageIntegrityException));

    private static MigrationPackage Read(byte[] input)
    {
        using var stream = new MemoryStream(input);
        return PackageReader.Read(stream);
    }

    /// <summary>What is done with a package before a TPM is asked: approvals, signer, kinds of keys, writing.</summary>
    private static string Use(MigrationPackage package)
    {
        string approvals = Outcome.Of("approvals", () => { PackageApprovals.Check(package); return "hold"; }, typeof(ApprovalException));
        IEnumerable<string> keys = package.Keys.Take(4).Select(key => Outcome.Of("key", () => PublicAreaUse.Words(key.PublicArea) + ", " + Kind(key), typeof(UnsupportedAlgorithmException)));
        string signer = Signer(package.Signature!.Signer);
        using var again = new MemoryStream();
        PackageWriter.Write(package, again);
        return $"{approvals}; {signer}; {string.Join("; ", keys.Distinct())}";
    }

    private static string Signer(SignerIdentity signer)
    {
        bool described = signer.Description.Length > 0 && signer.Fingerprint.Length > 0;
        return signer switch
        {
            CertificateIdentity certificate => FormattableString.Invariant($"certificate {described} {certificate.Issuer.Length > 0} {certificate.Subject.Length > 0} {certificate.NotBefore < certificate.NotAfter} {certificate.GetHashCode() != 0}"),
            PlatformIdentity platform => string.Create(CultureInfo.InvariantCulture, $"platform {described} {Outcome.Shape(platform.Certification?.Contradiction(platform.PublicArea) ?? "certified")} {platform.GetHashCode() != 0}"),
            _ => throw new InvalidOperationException("There is a third kind of signer."),
        };
    }

    private static MigrationPackage Approved(MigrationPackage package) => package with { Approvals = [Encoding.UTF8.GetBytes(ApprovalDocument.Write(SampleDocuments.ApprovalOf(package)))] };

    private static byte[] Written(MigrationPackage package, IDocumentSigner signer)
    {
        using var stream = new MemoryStream();
        PackageWriter.Write(package, signer, stream);
        return stream.ToArray();
    }

    private byte[] Certificate() => ((CertificateIdentity)_signers[0].Identity).Certificates[0];

    /// <summary>Gives each key, and the destination, the name of the public area it now has.</summary>
    private static void Mend(XElement root)
    {
        foreach (XElement key in root.Descendants(s_ns + "Key").Take(64)) Mend(key, "name", "Public");
        foreach (XElement destination in root.Elements(s_ns + "Destination").Take(4)) Mend(destination, "parentName", "Parent");
    }

    private static void Mend(XElement element, string attribute, string publicArea)
    {
        string text = element.Element(s_ns + publicArea)?.Value ?? string.Empty;
        byte[] bytes = new byte[text.Length];
        if (element.Attribute(attribute) is not { } name || !Convert.TryFromBase64String(text, bytes, out int count) || count < 4) return;
        var algorithm = (TpmAlgId)((bytes[2] << 8) | bytes[3]);
        ReadOnlySpan<byte> area = bytes.AsSpan(0, count);
        byte[]? digest = algorithm switch
        {
            TpmAlgId.Sha256 => SHA256.HashData(area),
            TpmAlgId.Sha384 => SHA384.HashData(area),
            TpmAlgId.Sha512 => SHA512.HashData(area),
            _ => null,
        };
        if (digest != null) name.Value = Convert.ToHexStringLower([bytes[2], bytes[3], .. digest]);
    }

    /// <summary>Signs a document as it now is, and returns the signature within it; null where it cannot be signed.</summary>
    private static XElement? Signed(XElement root, IDocumentSigner signer)
    {
        try
        {
            root.Add(XmlSignature.Create(CanonicalDigest.Of(root), signer, s_ns, depth: 1).Element);
            return root.Elements().Last();
        }
        catch (Exception e) when (e is ArgumentException or XmlException or InvalidOperationException)
        {
            return null;
        }
    }
}
