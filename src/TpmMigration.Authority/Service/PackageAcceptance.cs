using System;
using System.IO;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Attestation;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Keys;
using TpmMigration.Documents;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Service;

/// <summary>All that is checked of a package before it is stored, in the order of the format, each with a fault of its own.</summary>
internal sealed class PackageAcceptance(AuthorityKeys keys, ServiceLimits limits)
{
    private const TpmaObject BoundToItsTpm = TpmaObject.FixedTpm | TpmaObject.FixedParent | TpmaObject.SensitiveDataOrigin;

    private readonly PackageLimits _limits = new()
    {
        Document = new DocumentLimits { MostBytes = limits.MostPackageBytes },
        MostKeys = limits.MostPackageKeys,
    };

    /// <param name="content">The package as it came.</param>
    /// <param name="clientOf">Whose attestation key it is, by its TPM name; null if it is nobody's who is known here.</param>
    /// <exception cref="AuthorityException">The package is not to be stored.</exception>
    internal AcceptedPackage Read(byte[] content, Func<byte[], byte[]?> clientOf)
    {
        MigrationPackage package = Read(content);
        StorageKey key = RequireForUs(package);
        byte[] client = RequireSigner(package.Signature!.Signer, clientOf);
        RequireApproved(package);
        bool isProven = RequireProven(package);
        RequireOpens(package, key);
        return new AcceptedPackage(package, client, isProven);
    }

    private MigrationPackage Read(byte[] content)
    {
        if (content.Length > limits.MostPackageBytes) throw TooLarge(null);
        try
        {
            return PackageReader.Read(new MemoryStream(content, writable: false), _limits);
        }
        catch (PackageFormatException e) when (e.Fault == PackageFormatFault.LimitExceeded)
        {
            throw TooLarge(e);
        }
        catch (PackageFormatException e)
        {
            throw new AuthorityException(AuthorityFault.PackageMalformed, e.Message, e);
        }
        catch (SignatureException e)
        {
            throw new AuthorityException(AuthorityFault.PackageSignatureRefused, e.Message, e);
        }
        catch (PackageIntegrityException e)
        {
            throw new AuthorityException(AuthorityFault.PackageAltered, e.Message, e);
        }
    }

    /// <summary>The storage key that the package is wrapped to: the newest, or one that is kept.</summary>
    private StorageKey RequireForUs(MigrationPackage package)
    {
        if (package.Destination.Kind == PackageDestinationKind.StorageKey) return RequireKept(package.Destination.Parent.Name);
        throw NotForUs();
    }

    /// <summary>A storage key by its TPM name.</summary>
    /// <exception cref="AuthorityException">It is none of this authority's, or is kept no more.</exception>
    internal StorageKey RequireKept(byte[] name) => keys.Find(name) ?? throw NotForUs();

    private static AuthorityException NotForUs() => new(
        AuthorityFault.PackageNotForThisAuthority, "The package is wrapped to another key than this Migration Authority's. Export it for the key that GetMAKey gives.");

    /// <summary>
    /// A package is its source's, whoever carries it: it must be signed in a TPM that has proved itself here. Whoever came by a package could otherwise
    /// lay it in as their own.
    /// </summary>
    /// <returns>TPM name of the endorsement key of that TPM.</returns>
    private static byte[] RequireSigner(SignerIdentity signer, Func<byte[], byte[]?> clientOf)
    {
        const string Remedy = "Export it on the machine that its keys are from, signed by the platform signing key, and have that machine authenticate here once.";
        if (signer is not PlatformIdentity { Certification: { } certification } platform)
            throw new AuthorityException(AuthorityFault.PackageSignerRefused, "The package is not signed by a platform signing key with its certification. " + Remedy);
        byte[]? client = TpmHash.IsSupported(certification.AttestationKey.NameAlg) ? clientOf(certification.AttestationKey.Name) : null;
        if (client == null || certification.Signature.Hash == TpmAlgId.Sha1 || !platform.PublicArea.Has(BoundToItsTpm))
            throw new AuthorityException(AuthorityFault.PackageSignerRefused, "The package was signed in a TPM that is not known here. " + Remedy);
        if (certification.Contradiction(platform.PublicArea) is { } contradiction)
            throw new AuthorityException(AuthorityFault.PackageSignerRefused, $"The certification of the key that signed the package does not hold. {contradiction} {Remedy}");
        return client;
    }

    /// <summary>
    /// A package speaks for the owner of an MK: it names who may release it. That counts only where its source shows that it has the key, and did not
    /// merely come by a duplicate. A CMK names its authorities itself.
    /// </summary>
    /// <returns>Whether it shows that of all migrating keys.</returns>
    private static bool RequireProven(MigrationPackage package)
    {
        TpmtPublic attestationKey = ((PlatformIdentity)package.Signature!.Signer).Certification!.AttestationKey;
        byte[] qualifyingData = KeyPossession.QualifyingData(package.Id);
        bool isProven = true;
        foreach (PackageKey key in package.Keys.Where(key => key.Blob is MigrationBlob))
        {
            string? problem = key.Possession is not { } possession
                ? "The package has no statement about it."
                : PossessionProof.Problem(attestationKey, possession.Statement, possession.Signature, qualifyingData, key.PublicArea.Name);
            if (problem == null) continue;
            if (key.Possession != null || KeyClassification.Of(key.PublicArea, key.Policy).Kind == KeyKind.Migratable)
                throw new AuthorityException(AuthorityFault.PackageUnproven, $"The package does not show that the key '{key.Name}' is in the TPM that signed it. {problem} Export it for the key that GetMAKey gives, whose document makes Export-TpmMigrationPackage add the proof.");
            isProven = false;
        }
        return isProven;
    }

    private static void RequireApproved(MigrationPackage package)
    {
        foreach (PackageKey key in package.Keys)
        {
            // A package may leave a policy out, and then nothing tells whose approval the key took.
            if (key.Blob is MigrationBlob && KeyClassification.Of(key.PublicArea, key.Policy).Kind is not (KeyKind.Migratable or KeyKind.CertifiableMigratable))
                throw new AuthorityException(AuthorityFault.PackageApprovalRefused, $"The policy of the key '{key.Name}' is none of a migratable key, or is not in the package: who had to approve cannot be told.");
        }
        try
        {
            PackageApprovals.Check(package);
        }
        catch (ApprovalException e)
        {
            throw new AuthorityException(AuthorityFault.PackageApprovalRefused, e.Message, e);
        }
    }

    private static void RequireOpens(MigrationPackage package, StorageKey key)
    {
        try
        {
            key.RequireOpens(package);
        }
        catch (Exception e) when (e is WrappingIntegrityException or UnsupportedAlgorithmException)
        {
            throw new AuthorityException(AuthorityFault.PackageAltered, "A key of the package, or its data key, does not open: it was altered, or was wrapped to another key. Export it anew.", e);
        }
    }

    private AuthorityException TooLarge(Exception? inner) => new(
        AuthorityFault.PackageTooLarge,
        FormattableString.Invariant($"The package is larger than this Migration Authority stores: at most {limits.MostPackageBytes} bytes and {limits.MostPackageKeys} keys. Export fewer keys into one package."),
        inner);
}

/// <summary>A package that was checked.</summary>
/// <param name="Package">As it was read.</param>
/// <param name="Client">TPM name of the endorsement key of the TPM that signed it.</param>
/// <param name="IsProven">Whether it shows that all its migrating keys are in that TPM.</param>
internal sealed record AcceptedPackage(MigrationPackage Package, byte[] Client, bool IsProven);
