using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using TpmMigration.Attestation;
using TpmMigration.Keys;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Attestation;

/// <summary>What the tests of certifications do with machines: make CMKs, certify, examine.</summary>
internal static class CertifyingMachine
{
    /// <summary>Migration Selection Authorities, each with a key of its own.</summary>
    internal static SelectionAuthority[] MakeAuthorities(int count) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return SelectionAuthority.FromPublicKey(key.ExportSubjectPublicKeyInfo());
    })];

    /// <summary>Makes a key with a policy and stores it, as the engine does.</summary>
    internal static StoredKey CreateWith(
        this Machine machine, string name, IReadOnlyList<IReadOnlyList<PolicyStep>> policy, KeyRole role = KeyRole.Sign, KeyAlgorithm algorithm = KeyAlgorithm.EccP256, string? parent = null) =>
        machine.Run(loader =>
        {
            TpmObject above = loader.LoadParent(parent);
            CreateResponse created = loader.Execute(
                new Create { ParentHandle = above.Handle, InSensitive = new TpmsSensitiveCreate([], []), InPublic = KeyTemplates.Migratable(role, algorithm, policy, encryptedDuplication: false) },
                TpmAuthorization.Empty);
            var record = new KeyRecord
            {
                Name = name,
                Created = StoredKeys.Now(),
                Origin = KeyOrigin.Created,
                Parent = new KeyParent(parent, above.Handle.Name),
                PolicyBranches = policy,
                Creation = new KeyCreation(created.CreationData, created.CreationTicket),
            };
            StoredKey stored = StoredKeys.Make(record, created.OutPublic, created.OutPrivate, hasPassword: false, StoredKeys.ParentHandleFor(loader, parent, above));
            loader.Store.Commit([KeyChange.Add(stored.Record, stored.KeyFile)]);
            return stored;
        });

    internal static StoredKey CreateCertifiable(
        this Machine machine, string name, SelectionAuthority[] authorities, int quorum = 1, KeyRole role = KeyRole.Sign, KeyAlgorithm algorithm = KeyAlgorithm.EccP256, string? parent = null) =>
        machine.CreateWith(name, new SelectionPolicy(authorities.Select(a => a.TpmName), quorum).Branches, role, algorithm, parent);

    internal static CertifiedKey Certify(this Machine machine, string name, byte[]? nonce = null, KeyPasswords? passwords = null) => machine.Run(
        loader =>
        {
            using var certifier = new KeyCertifier(loader, passwords ?? new KeyPasswords());
            return certifier.Certify(name, nonce ?? []);
        },
        passwords);

    /// <summary>All that can be asked of a CMK, by a verifier that knows the attestation key.</summary>
    internal static CertificationQuestions Asking(this CertifiedKey key, SelectionAuthority[]? authorities = null, int quorum = 1, byte[]? nonce = null) => new()
    {
        SelectionAuthorities = authorities,
        Quorum = quorum,
        Nonce = nonce,
        AttestationKeys = [key.Certification.AttestationKey.Name],
        MadeThere = true,
    };

    /// <summary>Through its document, as whoever receives it.</summary>
    internal static CertificationReport Examine(CertifiedKey key, CertificationQuestions questions) =>
        CertificationExaminer.Examine(CertificationDocument.Read(CertificationDocument.Write(key)), questions);

    /// <summary>The checks that ended in one way.</summary>
    internal static CertificationCheck[] Checks(this CertificationReport report, CertificationAnswer answer) => [.. report.Findings.Where(f => f.Answer == answer).Select(f => f.Check)];

    internal static string Reason(this CertificationReport report, CertificationCheck check) => report.Findings.Single(f => f.Check == check).Reason;
}
