namespace TpmMigration.Signatures;

/// <summary>How documents are signed. RFC 4051 (more algorithms of XML Signature), W3C XML Signature 1.1, 6.4.</summary>
public enum SignatureScheme
{
    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256; the value is as long as the modulus.</summary>
    RsaSha256,

    /// <summary>ECDSA with SHA-256; the value is r and s, each as long as the curve's order.</summary>
    EcdsaSha256,
}
