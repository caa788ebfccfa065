using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Tpm;

namespace TpmMigration.Attestation;

/// <summary>
/// Weighs a certification, check by check. No TPM is needed. Whoever makes a document can make an "attestation key" in software as well:
/// only one that is known makes it a proof, and without one the verdict is at most NotProven.
/// </summary>
public sealed class CertificationExaminer
{
    /// <summary>What an attestation key is by its attributes: it signs only what its TPM states, and cannot leave it.</summary>
    internal const TpmaObject BoundSigner =
        TpmaObject.Restricted | TpmaObject.Sign | TpmaObject.FixedTpm | TpmaObject.FixedParent | TpmaObject.SensitiveDataOrigin;

    private readonly CertifiedKey _key;
    private readonly CertificationQuestions _questions;
    private readonly List<CertificationFinding> _findings = [];

    private CertificationExaminer(CertifiedKey key, CertificationQuestions questions) => (_key, _questions) = (key, questions);

    /// <param name="key">The document.</param>
    /// <param name="questions">What is asked.</param>
    /// <exception cref="ArgumentException">The named authorities make no policy.</exception>
    public static CertificationReport Examine(CertifiedKey key, CertificationQuestions questions) => new CertificationExaminer(key, questions).Examine();

    private CertificationReport Examine()
    {
        SelectionPolicy? selection = _questions.SelectionAuthorities is { } authorities ? new SelectionPolicy(authorities.Select(a => a.TpmName), _questions.Quorum) : null;
        TpmsAttest? certify = SignedStatement.Open(_key.Certification.AttestationKey, _key.Certification.Statement, _key.Certification.Signature, out string? problem);
        var certified = certify?.Attested as TpmsCertifyInfo;
        if (certify != null && certified == null) problem = "It is no statement of TPM2_Certify.";
        Add(CertificationCheck.Signature, problem == null, "The attestation key signed a statement of its TPM.", "The certification does not hold. " + problem);
        ExamineAttestationKey();
        bool isNamed = ExamineName(certified);
        ExamineNonce(certified == null ? null : certify);
        KeyClassification? classification = null;
        if (isNamed)
        {
            var control = new MigrationControl(_key, certified!.QualifiedName, selection);
            classification = control.Classification;
            _findings.AddRange(control.Examine());
        }
        else
        {
            foreach (CertificationCheck check in new[] { CertificationCheck.Attributes, CertificationCheck.Policy, CertificationCheck.Parent })
                Add(check, CertificationAnswer.NotProven, "It is not known which key is certified.");
        }
        ExamineCreation(isNamed, certify);
        ExamineEndorsement();
        return new CertificationReport(_key, classification, _findings);
    }

    private void ExamineAttestationKey()
    {
        TpmtPublic key = _key.Certification.AttestationKey;
        bool isSupported = IsStrong(key.NameAlg);
        bool isItself = isSupported && IsStrong(_key.PublicArea.NameAlg) && SecretBytes.FixedTimeEquals(key.Name, _key.PublicArea.Name);
        Add(
            CertificationCheck.AttestationKey,
            isSupported && key.Has(BoundSigner) && !key.Has(TpmaObject.Decrypt) && !isItself,
            "Its attributes say that it signs only what its TPM states, and cannot leave it (restricted, sign, fixedTPM, fixedParent).",
            isItself ? "The attestation key certifies itself, which says nothing."
            : !isSupported ? "The name of the attestation key is made with a hash that is too weak or not supported."
            : "The key that signed is no attestation key: it lacks restricted, sign, fixedTPM, fixedParent or sensitiveDataOrigin, or can decrypt, so that anybody who uses it may have made the statement.");
        if (_questions.AttestationKeys is not { } known)
        {
            Add(CertificationCheck.KnownAttestationKey, CertificationAnswer.NotProven,
                $"That the attestation key {(isSupported ? Hex.Format(key.Name) + " " : string.Empty)}is in a TPM is not shown by the document: software can make one that looks like it. Compare it with what is known of that machine, and name it.");
            return;
        }
        Add(CertificationCheck.KnownAttestationKey, isSupported && known.Any(name => SecretBytes.FixedTimeEquals(name, key.Name)), "It is the attestation key that was named.", "It is another attestation key than was named.");
    }

    private bool ExamineName(TpmsCertifyInfo? certified)
    {
        if (certified == null)
        {
            Add(CertificationCheck.Name, CertificationAnswer.NotProven, "There is no statement that holds.");
            return false;
        }
        if (!IsStrong(_key.PublicArea.NameAlg))
        {
            Add(CertificationCheck.Name, CertificationAnswer.Failed, "The key's name is made with a hash that is too weak or not supported.");
            return false;
        }
        bool isCertified = SecretBytes.FixedTimeEquals(certified.Name, _key.PublicArea.Name);
        bool isNamed = isCertified && SecretBytes.FixedTimeEquals(_key.TpmName, _key.PublicArea.Name);
        Add(CertificationCheck.Name, isNamed, "The statement is about the key of the document, with these attributes and this policy.", isCertified
            ? "The document gives the key another name than its public area has: it was altered."
            : "The statement is about another key than the one of the document, or the public area was altered.");
        return isNamed;
    }

    private void ExamineNonce(TpmsAttest? certify)
    {
        if (certify == null)
        {
            Add(CertificationCheck.Nonce, _questions.Nonce == null ? CertificationAnswer.NotAsked : CertificationAnswer.NotProven, "There is no statement that holds.");
        }
        else if (!SecretBytes.FixedTimeEquals(certify.ExtraData, _key.Nonce))
        {
            Add(CertificationCheck.Nonce, CertificationAnswer.Failed, "The document gives another nonce than the statement has: it was altered.");
        }
        else if (_questions.Nonce is { } asked)
        {
            Add(CertificationCheck.Nonce, SecretBytes.FixedTimeEquals(certify.ExtraData, asked), "The statement was made for this nonce.", "The statement was made for another nonce: it is an earlier one, or was made for somebody else.");
        }
        else
        {
            Add(CertificationCheck.Nonce, CertificationAnswer.NotAsked, "No nonce was asked for: the statement may be an earlier one.");
        }
    }

    private void ExamineCreation(bool isNamed, TpmsAttest? certify)
    {
        if (!isNamed)
        {
            Add(CertificationCheck.Creation, CertificationAnswer.NotProven, "It is not known which key is certified.");
            return;
        }
        if (_key.Creation == null)
        {
            Add(CertificationCheck.Creation, _questions.MadeThere ? CertificationAnswer.NotProven : CertificationAnswer.NotAsked,
                "Nothing shows that the TPM made the key: it may have been imported, and be known elsewhere.");
            return;
        }
        string? problem = CreationProof.Problem(_key, certify!.ExtraData);
        Add(CertificationCheck.Creation, problem == null, "The TPM of the attestation key made the key: nobody had it before.", "The proof of its creation does not hold. " + problem);
    }

    private void ExamineEndorsement()
    {
        var found = new List<string>();
        EvidenceVerdict verdict = EndorsementEvidence.Examine(_key.EndorsementKey, _key.EndorsementCertificates, _questions.TrustedRoots ?? [], found);
        if (verdict == EvidenceVerdict.Proven) found.Add("That the attestation key is in the same TPM takes a challenge of that TPM, or that the attestation key is known.");
        Add(
            CertificationCheck.Endorsement,
            verdict == EvidenceVerdict.Contradicted ? CertificationAnswer.Failed
            : _questions.TrustedRoots == null ? CertificationAnswer.NotAsked
            : verdict == EvidenceVerdict.Proven ? CertificationAnswer.Passed
            : verdict == EvidenceVerdict.NotTrusted ? CertificationAnswer.Failed
            : CertificationAnswer.NotProven,
            string.Join(" ", found));
    }

    /// <summary>With SHA-1, two keys can be made to have one name.</summary>
    private static bool IsStrong(TpmAlgId hash) => hash != TpmAlgId.Sha1 && TpmHash.IsSupported(hash);

    private void Add(CertificationCheck check, bool passed, string reason, string problem) =>
        Add(check, passed ? CertificationAnswer.Passed : CertificationAnswer.Failed, passed ? reason : problem);

    private void Add(CertificationCheck check, CertificationAnswer answer, string reason) => _findings.Add(new CertificationFinding(check, answer, reason));
}
