using System;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tests.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Migration;

/// <summary>A Migration Selection Authority with a key in memory: on no machine that it authorizes.</summary>
internal sealed class Msa : IDisposable
{
    private readonly SoftwareSigner _signer;

    internal Msa(bool rsa = false) => _signer = rsa ? SoftwareSigner.Rsa() : SoftwareSigner.Ecdsa();

    internal SelectionAuthority Authority => SelectionAuthority.Of((CertificateIdentity)_signer.Identity);

    internal string PublicKeyPem => PemEncoding.WriteString("PUBLIC KEY", X509CertificateLoader.LoadCertificate(Authority.Certificate!).PublicKey.ExportSubjectPublicKeyInfo());

    /// <summary>Decides, and hands the decision over as the document that others read.</summary>
    internal SelectionApproval Decide(
        MigrationDestination destination, StoredKey? key = null, SelectionDecision decision = SelectionDecision.Approved, bool singleUse = false, DateTime? from = null, DateTime? until = null) =>
        Decide(destination, key == null ? null : new SelectedKey(key.Record.Name, key.PublicArea().Name), decision, singleUse, from, until);

    internal SelectionApproval Decide(
        MigrationDestination destination, SelectedKey? key, SelectionDecision decision = SelectionDecision.Approved, bool singleUse = false, DateTime? from = null, DateTime? until = null) =>
        (SelectionApproval)ApprovalDocument.Read(Encoding.UTF8.GetString(new SelectionApprover(_signer).Sign(new SelectionRequest
        {
            Decision = decision,
            Key = key,
            Destination = destination,
            Reason = "a new board",
            NotBefore = from ?? StoredKeys.Now().AddMinutes(-1),
            ValidUntil = until ?? StoredKeys.Now().AddHours(1),
            SingleUse = singleUse,
        }).Document!));

    /// <summary>Signs for a TPM whatever it is given.</summary>
    internal TpmtSignature Sign(byte[] digest)
    {
        byte[] value = _signer.Sign(digest);
        return _signer.Identity.Scheme == SignatureScheme.RsaSha256
            ? new TpmtSignature(TpmAlgId.RsaSsa, TpmAlgId.Sha256, value)
            : new TpmtSignature(TpmAlgId.EcDsa, TpmAlgId.Sha256, [.. value.Take(32)], [.. value.Skip(32)]);
    }

    public void Dispose() => _signer.Dispose();

    internal static StoredKey CreateCmk(Machine machine, string name, Msa[] authorities, int quorum = 1, KeyRole role = KeyRole.Sign, KeyAlgorithm algorithm = KeyAlgorithm.EccP256, KeyPasswords? passwords = null) =>
        machine.Run(loader => KeyCreator.Create(
            loader,
            new NewKey { Name = name, Role = role, Algorithm = algorithm, SelectionAuthorities = [.. authorities.Select(msa => msa.Authority)], Quorum = quorum },
            passwords ?? new KeyPasswords()), passwords);
}
