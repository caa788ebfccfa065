using System;
using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Tpm;

namespace TpmMigration.Signatures;

/// <summary>
/// The one form of XML Signature that documents have: enveloped, over the whole document, exclusive canonical form, SHA-256, by RSA or
/// ECDSA, with the signer in KeyInfo. Anything else is refused, so there is nothing to choose for an attacker. W3C XML Signature 1.1.
/// </summary>
internal static class XmlSignature
{
    internal static readonly XNamespace Ns = "http://www.w3.org/2000/09/xmldsig#";

    private const string ExclusiveCanonical = "http://www.w3.org/2001/10/xml-exc-c14n#";
    private const string Enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
    private const string Sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
    private const string RsaSha256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    private const string EcdsaSha256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    private const int MostCertificates = 8;

    /// <summary>Signs a document.</summary>
    /// <param name="documentDigest">SHA-256 of the canonical document without the signature; 32 bytes.</param>
    /// <param name="signer">Signs once.</param>
    /// <param name="platformNs">The namespace of the document, in which a platform's signing key is described.</param>
    /// <param name="depth">The depth at which the signature will stand.</param>
    internal static DocumentSignature Create(byte[] documentDigest, IDocumentSigner signer, XNamespace platformNs, int depth)
    {
        SignerIdentity identity = signer.Identity;
        var signedInfo = new XElement(Ns + "SignedInfo",
            Algorithm("CanonicalizationMethod", ExclusiveCanonical),
            Algorithm("SignatureMethod", identity.Scheme == SignatureScheme.RsaSha256 ? RsaSha256 : EcdsaSha256),
            new XElement(Ns + "Reference", new XAttribute("URI", string.Empty),
                new XElement(Ns + "Transforms", Algorithm("Transform", Enveloped), Algorithm("Transform", ExclusiveCanonical)),
                Algorithm("DigestMethod", Sha256),
                new XElement(Ns + "DigestValue", Convert.ToBase64String(documentDigest))));
        var value = new XElement(Ns + "SignatureValue");
        XElement signature = new XElement(Ns + "Signature", new XAttribute("xmlns", Ns.NamespaceName), signedInfo, value, KeyInfo(identity, platformNs)).Indent(depth);
        byte[] signedInfoDigest = CanonicalDigest.Of(signedInfo);
        byte[] bytes = signer.Sign(signedInfoDigest);
        value.Value = Convert.ToBase64String(bytes);
        return new DocumentSignature(identity, documentDigest, signedInfoDigest, bytes, signature);
    }

    /// <summary>Reads a signature; whether it holds is for <see cref="DocumentSignature.Verify"/> to say.</summary>
    /// <exception cref="SignatureException">It is not of the one form.</exception>
    internal static DocumentSignature Read(XElement element, XNamespace platformNs)
    {
        try
        {
            var signature = new StrictElement(element, Ns + "Signature");
            StrictElement signedInfo = signature.Child("SignedInfo");
            string method = ReadSignedInfo(signedInfo, out byte[] digest);
            byte[] value = signature.Child("SignatureValue").Base64();
            SignerIdentity signer = ReadKeyInfo(signature.Child("KeyInfo"), platformNs);
            if (signature.HasNext("Object"))
                throw new SignatureException(SignatureFault.Malformed, "The signature carries an object; nothing is signed here but the document around it.");
            signature.End();
            if ((method == RsaSha256 ? SignatureScheme.RsaSha256 : SignatureScheme.EcdsaSha256) != signer.Scheme)
                throw new SignatureException(SignatureFault.Algorithm, "The signature's algorithm is not one of the signer's key.");
            return new DocumentSignature(signer, digest, CanonicalDigest.Of(signedInfo.Raw), value, element);
        }
        catch (DocumentFormatException e)
        {
            throw new SignatureException(SignatureFault.Malformed, "The signature is not of the form that documents have. " + e.Message, e);
        }
        catch (UnsupportedAlgorithmException e)
        {
            throw new SignatureException(SignatureFault.Key, "The signer's key uses an algorithm that is not supported. " + e.Message, e);
        }
    }

    private static string ReadSignedInfo(StrictElement signedInfo, out byte[] digest)
    {
        RequireAlgorithm(signedInfo.Child("CanonicalizationMethod"), SignatureFault.Algorithm, ExclusiveCanonical);
        string method = RequireAlgorithm(signedInfo.Child("SignatureMethod"), SignatureFault.Algorithm, RsaSha256, EcdsaSha256);
        StrictElement reference = signedInfo.Child("Reference");
        if (signedInfo.HasNext("Reference"))
            throw new SignatureException(SignatureFault.Scope, "The signature refers to several things instead of to the whole document.");
        if (reference.OptionalAttribute("URI") != string.Empty)
            throw new SignatureException(SignatureFault.Scope, "The signature covers something else than the whole document.");
        StrictElement transforms = reference.Child("Transforms");
        RequireTransform(transforms, Enveloped);
        RequireTransform(transforms, ExclusiveCanonical);
        if (transforms.HasNext("Transform"))
            throw new SignatureException(SignatureFault.Scope, "The signature transforms the document in more ways than allowed before it covers it.");
        transforms.End();
        RequireAlgorithm(reference.Child("DigestMethod"), SignatureFault.Algorithm, Sha256);
        digest = reference.Child("DigestValue").Base64();
        reference.End();
        signedInfo.End();
        return method;
    }

    private static void RequireTransform(StrictElement transforms, string algorithm)
    {
        if (!transforms.HasNext("Transform"))
            throw new SignatureException(SignatureFault.Scope, "The signature lacks one of the two transforms it must have.");
        RequireAlgorithm(transforms.Child("Transform"), SignatureFault.Scope, algorithm);
    }

    private static string RequireAlgorithm(StrictElement element, SignatureFault fault, params string[] allowed)
    {
        string algorithm = element.Attribute("Algorithm");
        if (!allowed.Contains(algorithm))
            throw new SignatureException(fault, $"The signature's {element.Name} is not allowed; it must be {string.Join(" or ", allowed)}.");
        element.End();
        return algorithm;
    }

    private static SignerIdentity ReadKeyInfo(StrictElement keyInfo, XNamespace platformNs)
    {
        SignerIdentity signer;
        if (keyInfo.OptionalChild("X509Data") is { } x509)
        {
            List<byte[]> certificates = [x509.Child("X509Certificate").Base64()];
            foreach (StrictElement certificate in x509.Children("X509Certificate"))
            {
                certificates.Add(certificate.Base64());
                if (certificates.Count > MostCertificates)
                    throw new SignatureException(SignatureFault.Key, $"The signature brings more than {MostCertificates} certificates.");
            }
            x509.End();
            signer = new CertificateIdentity(certificates);
        }
        else
        {
            StrictElement platform = keyInfo.Child(platformNs + "PlatformSigningKey");
            TpmtPublic publicArea = platform.Child("Public").Structure(TpmtPublic.Unmarshal);
            KeyCertification? certification = platform.OptionalChild("Certification") is { } statement ? KeyCertification.Read(statement) : null;
            platform.End();
            signer = new PlatformIdentity(publicArea, certification);
        }
        keyInfo.End();
        return signer;
    }

    private static XElement KeyInfo(SignerIdentity identity, XNamespace platformNs) => new(Ns + "KeyInfo", identity switch
    {
        CertificateIdentity certificate => new XElement(Ns + "X509Data",
            certificate.Certificates.Select(der => new XElement(Ns + "X509Certificate", Convert.ToBase64String(der)))),
        PlatformIdentity platform => new XElement(platformNs + "PlatformSigningKey", new XAttribute("xmlns", platformNs.NamespaceName),
            new XElement(platformNs + "Public", Convert.ToBase64String(platform.PublicArea.Marshal())),
            platform.Certification?.ToElement(platformNs)),
        _ => throw new ArgumentOutOfRangeException(nameof(identity)),
    });

    private static XElement Algorithm(string name, string algorithm) => new(Ns + name, new XAttribute("Algorithm", algorithm));
}
