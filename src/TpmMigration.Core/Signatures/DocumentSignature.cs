using System.Xml.Linq;
using TpmMigration.Tpm;

namespace TpmMigration.Signatures;

/// <summary>The signature of a document, as it stands in it.</summary>
public sealed class DocumentSignature
{
    private readonly byte[] _digest;
    private readonly byte[] _signedInfo;
    private readonly byte[] _value;

    internal DocumentSignature(SignerIdentity signer, byte[] digest, byte[] signedInfo, byte[] value, XElement element)
    {
        Signer = signer;
        _digest = digest;
        _signedInfo = signedInfo;
        _value = value;
        Element = element;
    }

    /// <summary>Whose key made it, by its own word.</summary>
    public SignerIdentity Signer { get; }

    /// <summary>The element Signature, unchanged.</summary>
    internal XElement Element { get; }

    /// <summary>Holds the signature against the document it stands in.</summary>
    /// <param name="documentDigest">SHA-256 of the canonical document without the signature; 32 bytes.</param>
    /// <exception cref="SignatureException">It is another document's, or another key's.</exception>
    internal void Verify(byte[] documentDigest)
    {
        if (!SecretBytes.FixedTimeEquals(_digest, documentDigest))
            throw new SignatureException(SignatureFault.Document, "The document was altered after it was signed. Get it anew from its source.");
        if (!Signer.Verifies(_signedInfo, _value))
            throw new SignatureException(SignatureFault.Value, $"The signature was not made by the key it names ({Signer.Description}): it was altered or forged. Get the document anew from its source.");
    }
}
