using System;

namespace TpmMigration.Signatures;

/// <summary>Holds a private key that signs documents, wherever it lies: a file, a certificate store, a token, a TPM.</summary>
public interface IDocumentSigner : IDisposable
{
    /// <summary>Who signs; goes into the document's KeyInfo.</summary>
    SignerIdentity Identity { get; }

    /// <summary>Signs a digest of SHA-256 (32 bytes) by the scheme of the identity's key.</summary>
    /// <returns>The signature value of XML Signature; see <see cref="SignatureScheme"/>.</returns>
    byte[] Sign(byte[] digest);
}
