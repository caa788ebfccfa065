using System;
using System.IO;
using TpmMigration.Approvals;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Authorities;

/// <summary>Holds a package that came from a Migration Authority against what was asked for.</summary>
public static class MaDelivery
{
    /// <summary>Reads a package, and sees to it that it is the one that was asked for, for this machine, by a Migration Authority that is trusted.</summary>
    /// <param name="content">As it came.</param>
    /// <param name="limits">How much is taken in.</param>
    /// <param name="packageId">What was asked for.</param>
    /// <param name="parentName">The TPM name of the key that it must be wrapped to.</param>
    /// <param name="register">Who is trusted.</param>
    /// <returns>The package and who signed it.</returns>
    /// <exception cref="MaServiceException">It is another package, for another key, or of somebody else.</exception>
    /// <exception cref="PackageFormatException">It is no package, or passes a limit.</exception>
    /// <exception cref="PackageIntegrityException">What belongs together in it does not fit.</exception>
    /// <exception cref="Signatures.SignatureException">It is not signed in the one way allowed, or was altered.</exception>
    public static (MigrationPackage Package, TrustVerdict Trust) Accept(byte[] content, PackageLimits limits, Guid packageId, byte[] parentName, TrustRegister register)
    {
        using var stream = new MemoryStream(content, writable: false);
        MigrationPackage package = PackageReader.Read(stream, limits);
        if (package.Id != packageId)
            throw new MaServiceException(MaServiceFault.AnswerRefused, $"The Migration Authority sent the package {package.Id:D}, and {packageId:D} was asked for. Nothing was written.");
        if (!SecretBytes.FixedTimeEquals(package.Destination.Parent.Name, parentName))
            throw new MaServiceException(MaServiceFault.AnswerRefused, $"The Migration Authority sent a package for the key {Hex.Format(package.Destination.Parent.Name)}, which is not the one it was to wrap it to. Nothing was written.");
        TrustVerdict trust = register.Judge(package.Signature!.Signer, TrustRole.MigrationAuthority, DateTime.UtcNow, null);
        return trust.IsTrusted
            ? (package, trust)
            : throw new MaServiceException(MaServiceFault.SignerNotTrusted, $"The signer of the package is not trusted here as a Migration Authority. {trust.Reason} Nothing was written.");
    }
}
