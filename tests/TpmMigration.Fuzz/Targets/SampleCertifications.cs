using System.Security.Cryptography;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Fuzz.Targets;

/// <summary>Keys of TPMs and statements about them, made in software.</summary>
internal static class SampleCertifications
{
    /// <summary>A template with the public point of a key.</summary>
    internal static TpmtPublic Public(TpmtPublic template, ECDsa key)
    {
        ECPoint point = key.ExportParameters(false).Q;
        return new TpmtPublic
        {
            NameAlg = template.NameAlg,
            ObjectAttributes = template.ObjectAttributes,
            AuthPolicy = template.AuthPolicy,
            Parameters = template.Parameters,
            Point = new TpmsEccPoint(point.X!, point.Y!),
        };
    }

    /// <summary>TPMS_CREATION_DATA of a key below some parent.</summary>
    internal static byte[] CreationData { get; } = TpmWriter.Write(writer =>
    {
        writer.WriteU32(1);
        writer.WriteAlg(TpmAlgId.Sha256);
        writer.WriteU8(3);
        writer.WriteBytes([1, 0, 0]);
        writer.WriteTpm2b(new byte[32]);
        writer.WriteU8(1);
        writer.WriteAlg(TpmAlgId.Sha256);
        writer.WriteTpm2b([0, 11, .. new byte[32]]);
        writer.WriteTpm2b([0, 11, .. new byte[32]]);
        writer.WriteTpm2b([]);
    });

    /// <summary>An attestation key's true word for a key.</summary>
    internal static KeyCertification Of(TpmtPublic certified)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] statement = TpmWriter.Write(writer =>
        {
            writer.WriteU32(0xFF544347);
            writer.WriteU16((ushort)TpmSt.AttestCertify);
            writer.WriteTpm2b([0, 11, .. new byte[32]]);
            writer.WriteTpm2b([]);
            writer.WriteBytes(new byte[25]);
            writer.WriteTpm2b(certified.Name);
            writer.WriteTpm2b([0, 11, .. new byte[32]]);
        });
        byte[] signature = key.SignHash(SHA256.HashData(statement));
        return new KeyCertification(Public(KeyTemplates.Attestation, key), statement, new TpmtSignature(TpmAlgId.EcDsa, TpmAlgId.Sha256, signature[..32], signature[32..]));
    }
}
