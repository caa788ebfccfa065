using System.Linq;
using System.Security.Cryptography;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Migration.Receipts;

/// <summary>An attacker without a TPM: an attestation key and a platform's signing key in software, which look like those of a TPM and can state anything.</summary>
internal sealed class ForgedPlatform : IDocumentSigner
{
    private readonly ECDsa _attestation = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal ForgedPlatform()
    {
        TpmtPublic publicArea = Public(KeyTemplates.PlatformSigning, _signing);
        ReceiptProof proof = Proof([], publicArea.Name, [0, 11, .. new byte[32]]);
        Identity = new PlatformIdentity(publicArea, new KeyCertification(AttestationKey, proof.Statement, proof.Signature));
    }

    public SignerIdentity Identity { get; }

    internal TpmtPublic AttestationKey => Public(KeyTemplates.Attestation, _attestation);

    public byte[] Sign(byte[] digest) => _signing.SignHash(digest);

    /// <summary>A receipt for a key that this attacker does not have, in which everything fits together.</summary>
    internal MigrationReceipt Receipt(MigrationReceipt like) => like with
    {
        AttestationKey = AttestationKey,
        Keys = [.. like.Keys.Select(key => key.Proof == null ? key : key with { Proof = ProofFor(like, key.TpmName) })],
    };

    private ReceiptProof ProofFor(MigrationReceipt receipt, byte[] tpmName) => Proof(
        MigrationReceipt.QualifyingData(receipt.Id, receipt.PackageId), tpmName, ObjectName.Qualified(ObjectName.Qualified(receipt.AboveParent, receipt.ParentName), tpmName));

    private ReceiptProof Proof(byte[] extraData, byte[] name, byte[] qualifiedName)
    {
        byte[] statement = TpmWriter.Write(writer =>
        {
            writer.WriteU32(0xFF544347);
            writer.WriteU16((ushort)TpmSt.AttestCertify);
            writer.WriteTpm2b([0, 11, .. new byte[32]]);
            writer.WriteTpm2b(extraData);
            writer.WriteBytes(new byte[25]);
            writer.WriteTpm2b(name);
            writer.WriteTpm2b(qualifiedName);
        });
        byte[] signature = _attestation.SignHash(SHA256.HashData(statement));
        return new ReceiptProof(statement, new TpmtSignature(TpmAlgId.EcDsa, TpmAlgId.Sha256, signature[..32], signature[32..]));
    }

    private static TpmtPublic Public(TpmtPublic template, ECDsa key)
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

    public void Dispose()
    {
        _attestation.Dispose();
        _signing.Dispose();
    }
}
