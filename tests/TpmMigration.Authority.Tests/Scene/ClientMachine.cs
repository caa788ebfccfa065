using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Attestation;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority.Scene;

/// <summary>A machine whose TPM has endorsement certificates, and what it says to a Migration Authority.</summary>
public sealed class ClientMachine : IDisposable
{
    private int _keys;

    public ClientMachine()
    {
        EndorsementKey endorsement = Machine.Run(loader => EndorsementKey.Read(loader.Device))!;
        EndorsementArea = endorsement.PublicArea;
        byte[] issuer = CertificateText.Split(File.ReadAllBytes(SimulatedManufacturer.IssuerCertificatePath))[0];
        Certificates = [endorsement.Certificate!, issuer];
        AttestationArea = Machine.Run(loader =>
        {
            TpmObject key = AttestationKey.Load(loader);
            loader.Device.Flush(key.Handle);
            return key.PublicArea;
        });
    }

    internal Machine Machine { get; } = new(new SimulatedTpmOptions { EndorsementCertificates = true });

    internal TpmtPublic EndorsementArea { get; }

    internal TpmtPublic AttestationArea { get; }

    /// <summary>The endorsement certificate as it lies in the TPM, and its issuer's.</summary>
    internal byte[][] Certificates { get; }

    internal object?[] Hello() => [.. Certificates.Select(c => Part("EndorsementCertificate", c)), Part("AttestationKey", AttestationArea.Marshal())];

    /// <summary>The whole authentication.</summary>
    /// <returns>The token.</returns>
    internal byte[] Authenticate(SoapClient service) =>
        Bytes(service.Call("CompleteAuthentication", Answer(service.Call("Authenticate", Hello())).Parts()), "Token");

    /// <summary>What this TPM says to a challenge.</summary>
    internal ChallengeAnswer Answer(XElement challenge, byte[]? nonce = null, TpmtPublic? endorsementKey = null) => Machine.Run(loader =>
    {
        byte[] secret = CredentialActivation.Activate(loader, endorsementKey ?? EndorsementArea, new ProtectedCredential(Bytes(challenge, "CredentialBlob"), Bytes(challenge, "EncryptedSecret")));
        TpmObject parent = loader.LoadParent(null);
        KeyCertification certification = AttestationKey.Certify(loader, parent, TpmAuthorization.Empty, nonce ?? Bytes(challenge, "Nonce"));
        return new ChallengeAnswer(Bytes(challenge, "Challenge"), secret, parent.PublicArea, certification.Statement, certification.Signature);
    });

    /// <summary>A package of a new key, for a destination.</summary>
    internal byte[] Export(MigrationDestination destination, Func<KeyLoader, IDocumentSigner>? signer = null) => Sign(Package(destination), signer);

    /// <summary>An MK of this machine, exported as its Owner approves.</summary>
    internal MigrationPackage Package(MigrationDestination destination, params Msa[] releaseAuthorities)
    {
        StoredKey key = Machine.Create($"key{++_keys}");
        return Export([key], destination, [Machine.Approve(key.Record.Name, destination)], releaseAuthorities);
    }

    /// <summary>Several MKs of this machine in one package.</summary>
    internal MigrationPackage PackageOf(int count, MigrationDestination destination)
    {
        StoredKey[] keys = [.. Enumerable.Range(0, count).Select(_ => Machine.Create($"key{++_keys}"))];
        return Export(keys, destination, [.. keys.Select(key => Machine.Approve(key.Record.Name, destination))], []);
    }

    /// <summary>A CMK of this machine, exported as its authorities approve.</summary>
    internal MigrationPackage CertifiablePackage(MigrationDestination destination, int quorum, params Msa[] authorities)
    {
        StoredKey key = Msa.CreateCmk(Machine, $"key{++_keys}", authorities, quorum);
        return Export([key], destination, [.. authorities.Select(authority => authority.Decide(destination, key))], []);
    }

    /// <summary>More packages like one of a single key, each with an id of its own.</summary>
    internal IReadOnlyList<MigrationPackage> Again(MigrationPackage package, int count) => Machine.Run(loader =>
    {
        using var passwords = new KeyPasswords();
        StoredKey stored = loader.Store.Find(package.Keys[0].Name)!.Require();
        TpmObject key = loader.Load(stored);
        try
        {
            return Enumerable.Range(0, count).Select(_ =>
            {
                var id = Guid.NewGuid();
                return package with { Id = id, Keys = [package.Keys[0] with { Possession = new PossessionProver(loader, passwords, id).Prove(stored, key, () => { }) }] };
            }).ToList();
        }
        finally
        {
            loader.Device.Flush(key.Handle);
        }
    });

    private MigrationPackage Export(IReadOnlyList<StoredKey> keys, MigrationDestination destination, IReadOnlyList<MigrationApproval> approvals, Msa[] releaseAuthorities) => Machine.Run(loader =>
    {
        using var passwords = new KeyPasswords();
        var request = new ExportRequest { Destination = destination, Approvals = approvals, ReleaseAuthorities = [.. releaseAuthorities.Select(authority => authority.Authority.Certificate!)] };
        using var exporter = new KeyExporter(loader, request, passwords);
        foreach (StoredKey key in keys) exporter.Add(key);
        return exporter.Finish();
    });

    /// <summary>Signs a package, by default with the machine's own key.</summary>
    internal byte[] Sign(MigrationPackage package, Func<KeyLoader, IDocumentSigner>? signer = null) => Sign([package], signer)[0];

    internal IReadOnlyList<byte[]> Sign(IReadOnlyList<MigrationPackage> packages, Func<KeyLoader, IDocumentSigner>? signer = null) => Machine.Run(loader =>
    {
        using IDocumentSigner own = signer == null ? new PlatformSigner(loader) : signer(loader);
        return packages.Select(package =>
        {
            using var output = new MemoryStream();
            PackageWriter.Write(package, own, output);
            return output.ToArray();
        }).ToList();
    });

    internal static byte[] Bytes(XElement message, string name) => Convert.FromBase64String(message.Element(Ns + name)!.Value);

    public void Dispose() => Machine.Dispose();
}

/// <summary>The answer to a challenge, which tests may spoil.</summary>
internal sealed record ChallengeAnswer(byte[] Challenge, byte[] Secret, TpmtPublic StorageKey, byte[] Statement, TpmtSignature Signature)
{
    internal object?[] Parts() =>
    [
        Part("Challenge", Challenge), Part("Secret", Secret), Part("StorageKey", StorageKey.Marshal()), Part("Statement", Statement), Part("Signature", Signature.Marshal()),
    ];
}
