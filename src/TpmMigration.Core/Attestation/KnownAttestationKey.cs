using System;
using TpmMigration.Approvals;
using TpmMigration.Tpm;

namespace TpmMigration.Attestation;

/// <summary>The TPM name of an attestation key, out of what a verifier keeps of a machine.</summary>
public static class KnownAttestationKey
{
    /// <param name="bytes">A TPM name, TPMT_PUBLIC or TPM2B_PUBLIC.</param>
    /// <exception cref="ArgumentException">It is none of these.</exception>
    public static byte[] FromBytes(byte[] bytes)
    {
        if (IsName(bytes)) return bytes;
        return TryName(bytes, TpmtPublic.Unmarshal) ?? TryName(bytes, TpmtPublic.UnmarshalSized)
            ?? throw new ArgumentException("This is neither the TPM name of an attestation key nor its public area.");
    }

    /// <param name="text">A certification, or a destination document with one.</param>
    /// <exception cref="CertificationException">It is no certification.</exception>
    /// <exception cref="DestinationException">It is no destination document.</exception>
    /// <exception cref="ArgumentException">No attestation key is in it.</exception>
    public static byte[] FromDocument(string text)
    {
        TpmtPublic key = text.Contains("<MigrationDestination")
            ? DestinationDocument.Read(text).Certification?.AttestationKey ?? throw new ArgumentException("The destination document has no attestation key: it was made without certification.")
            : CertificationDocument.Read(text).Certification.AttestationKey;
        return TpmHash.IsSupported(key.NameAlg) ? key.Name : throw new ArgumentException("The attestation key in the document has a name that cannot be computed.");
    }

    private static bool IsName(byte[] bytes)
    {
        if (bytes.Length < 2) return false;
        var algorithm = (TpmAlgId)((bytes[0] << 8) | bytes[1]);
        return TpmHash.IsSupported(algorithm) && bytes.Length == 2 + TpmHash.Size(algorithm);
    }

    private static byte[]? TryName(byte[] bytes, Func<byte[], TpmtPublic> read)
    {
        try
        {
            TpmtPublic key = read(bytes);
            return TpmHash.IsSupported(key.NameAlg) ? key.Name : null;
        }
        catch (Exception e) when (e is TpmWireException or UnsupportedAlgorithmException)
        {
            return null;
        }
    }
}
