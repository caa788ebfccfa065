using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Macs;
using TpmMigration.Tpm;

namespace TpmMigration.Keys;

/// <summary>The checksum (MAC) over the content of a PFX. RFC 7292, appendix B.</summary>
internal static class Pkcs12Checksum
{
    /// <summary>The same PFX with a checksum for another password.</summary>
    internal static byte[] Replace(byte[] pfx, char[] password)
    {
        ContentInfo content = Pfx.GetInstance(Asn1Object.FromByteArray(pfx)).AuthSafe;
        byte[] salt = SecretBytes.Random(8);
        var digest = new DigestInfo(new AlgorithmIdentifier(NistObjectIdentifiers.IdSha256, DerNull.Instance), Compute(content, salt, password));
        return new Pfx(content, new MacData(digest, salt, 1)).GetEncoded();
    }

    private static byte[] Compute(ContentInfo content, byte[] salt, char[] password)
    {
        byte[] encoded = PbeParametersGenerator.Pkcs12PasswordToBytes(password);
        try
        {
            var generator = new Pkcs12ParametersGenerator(new Sha256Digest());
            generator.Init(encoded, salt, 1);
            var mac = new HMac(new Sha256Digest());
            mac.Init(generator.GenerateDerivedMacParameters(256));
            byte[] data = Asn1OctetString.GetInstance(content.Content).GetOctets();
            mac.BlockUpdate(data, 0, data.Length);
            byte[] result = new byte[mac.GetMacSize()];
            mac.DoFinal(result, 0);
            return result;
        }
        finally
        {
            SecretBytes.Clear(encoded);
        }
    }
}
