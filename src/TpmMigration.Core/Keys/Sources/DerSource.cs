using System;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using TpmMigration.Signatures;

namespace TpmMigration.Keys;

/// <summary>A key in DER; the form is told from the first elements.</summary>
internal static class DerSource
{
    internal static KeySource Read(byte[] content, byte[] password)
    {
        Asn1Sequence outer;
        try
        {
            outer = Asn1Object.FromByteArray(content) as Asn1Sequence ?? throw Unknown(null);
        }
        catch (Exception e) when (MalformedInput.Causes(e))
        {
            throw Unknown(e);
        }
        return outer switch
        {
            { Count: >= 2 } when outer[0] is DerInteger && outer[1] is Asn1Sequence second && IsContentInfo(second) => Pkcs12Source.Read(content, password),
            { Count: >= 3 } when outer[0] is DerInteger && outer[1] is Asn1Sequence && outer[2] is Asn1OctetString => new KeySource(PrivateKeyDer.Pkcs8(content), []),
            { Count: >= 9 } when outer[0] is DerInteger && outer[1] is DerInteger => new KeySource(PrivateKeyDer.Pkcs1(content), []),
            { Count: >= 2 } when outer[0] is DerInteger && outer[1] is Asn1OctetString => new KeySource(PrivateKeyDer.Sec1(content), []),
            { Count: 2 } when outer[0] is Asn1Sequence && outer[1] is Asn1OctetString => new KeySource(PrivateKeyDer.EncryptedPkcs8(content, password), []),
            { Count: 3 } when outer[0] is Asn1Sequence && outer[2] is DerBitString => throw new KeySourceException(
                KeySourceFault.NoPrivateKey, "The file is a certificate and holds no private key. Give the file of the key (.pfx, .p12, .key or .pem)."),
            _ => throw Unknown(null),
        };
    }

    private static bool IsContentInfo(Asn1Sequence sequence) =>
        sequence.Count > 0 && sequence[0] is DerObjectIdentifier type && (type.Equals(PkcsObjectIdentifiers.Data) || type.Equals(PkcsObjectIdentifiers.SignedData));

    private static KeySourceException Unknown(Exception? cause) => new(
        KeySourceFault.Malformed, "The file is no PFX (PKCS#12) and no key in PKCS#8, PKCS#1 or SEC 1, in PEM or DER, or it is damaged. Copy it again, or convert it to one of these.", cause);
}
