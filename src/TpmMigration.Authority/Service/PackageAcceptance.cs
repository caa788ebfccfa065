using System;
using System.IO;
using TpmMigration.Approvals;
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

    /// <exception cref="AuthorityException">The package is not to be stored.</exception>
    internal MigrationPackage Read(byte[] content, ClientToken client)
    {
        MigrationPackage package = Read(content);
        StorageKey key = RequireForUs(package);
        RequireSignedBy(client, package.Signature!.Signer);
        RequireApproved(package);
        RequireOpens(package, key);
        return package;
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
        if (package.Destination.Kind == PackageDestinationKind.StorageKey && keys.Find(package.Destination.Parent.Name) is { } key) return key;
        throw new AuthorityException(AuthorityFault.PackageNotForThisAuthority, "The package is wrapped to another key than this Migration Authority's. Export it for the key that GetMAKey gives.");
    }

    /// <summary>
    /// The package must be of the client's own TPM: whoever came by a package for this authority could otherwise lay it in as their own, and would be
    /// the one to get it back.
    /// </summary>
    private static void RequireSignedBy(ClientToken client, SignerIdentity signer)
    {
        const string Remedy = "Export it on the machine that uploads it, signed by its platform signing key.";
        if (signer is not PlatformIdentity { Certification: { } certification } platform)
            throw new AuthorityException(AuthorityFault.PackageSignerRefused, "The package is not signed by a platform signing key with its certification. " + Remedy);
        bool isTheirs = TpmHash.IsSupported(certification.AttestationKey.NameAlg) && SecretBytes.FixedTimeEquals(certification.AttestationKey.Name, client.AttestationKey);
        if (!isTheirs || certification.Signature.Hash == TpmAlgId.Sha1 || !platform.PublicArea.Has(BoundToItsTpm))
            throw new AuthorityException(AuthorityFault.PackageSignerRefused, "The package was signed in another TPM than the one that authenticated. " + Remedy);
        if (certification.Contradiction(platform.PublicArea) is { } contradiction)
            throw new AuthorityException(AuthorityFault.PackageSignerRefused, $"The certification of the key that signed the package does not hold. {contradiction} {Remedy}");
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
