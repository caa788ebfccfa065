using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Nist;
using Org.BouncyCastle.Asn1.X509;

namespace TpmMigration.Recovery;

/// <summary>How an ECC agent and a sender come to a wrapping key: dhSinglePass-stdDH-sha256kdf-scheme with AES-256 key wrap. RFC 5753, 7.</summary>
internal static class AgreementInfo
{
    private static readonly AlgorithmIdentifier Wrap = new(NistObjectIdentifiers.IdAes256Wrap);

    internal static AlgorithmIdentifier Algorithm { get; } = new(new DerObjectIdentifier("1.3.132.1.11.1"), Wrap);

    /// <summary>
    /// What follows the shared secret in the one round of the X9.63 KDF that makes 32 bytes: the counter 1, and ECC-CMS-SharedInfo with the
    /// wrapping algorithm and the length of its key in bits.
    /// </summary>
    internal static byte[] KdfSuffix { get; } =
    [
        0, 0, 0, 1,
        .. new DerSequence(Wrap, new DerTaggedObject(true, 2, new DerOctetString([0, 0, 1, 0]))).GetDerEncoded(),
    ];
}
