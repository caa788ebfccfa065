using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Keys;
using TpmMigration.Authority.Clients;
using TpmMigration.Authority.Vault;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tpm;

namespace TpmMigration.Authority.Release;

/// <summary>
/// The rules of release. A package goes back to the TPM that it came from, if that showed that the keys are its own; to another only as the authorities
/// approve whom the keys, or the package, name. Both only to a parent that is proved to be in the caller's TPM.
/// </summary>
internal sealed class PackageRelease(AuthorityKeys keys)
{
    /// <summary>Where a package goes.</summary>
    /// <param name="caller">Who asks for it.</param>
    /// <param name="toEndorsementKey">Whether to the endorsement key, in place of the storage key that was certified.</param>
    internal static PackageDestination DestinationOf(ClientToken caller, bool toEndorsementKey) => toEndorsementKey
        ? new PackageDestination(PackageDestinationKind.EndorsementKey, Unnamed, caller.EndorsementKey)
        : new PackageDestination(PackageDestinationKind.StorageKey, Unnamed, caller.StorageKey);

    /// <summary>Sees to it that a package may go to a destination.</summary>
    /// <param name="package">The package as it is stored.</param>
    /// <param name="entry">What is known of it.</param>
    /// <param name="caller">Who asks for it.</param>
    /// <param name="destination">The new parent.</param>
    /// <param name="decisions">What authorities say of it.</param>
    /// <param name="utc">Now.</param>
    /// <returns>The approvals that count; none where it goes back.</returns>
    /// <exception cref="AuthorityException">It may not.</exception>
    internal static IReadOnlyList<SelectionApproval> Require(
        MigrationPackage package, PackageEntry entry, ClientToken caller, PackageDestination destination, ReleaseDecisions decisions, DateTime utc)
    {
        if (IsReturn(entry, caller)) return [];
        try
        {
            return ReleaseApprovals.Require(package, destination.Parent.Name, "the caller", decisions.Honoured, utc);
        }
        catch (ApprovalException e) when (e.Fault == ApprovalFault.Denied)
        {
            throw new AuthorityException(AuthorityFault.ReleaseDenied, e.Message, e);
        }
        catch (ApprovalException e)
        {
            throw NotApproved(package, destination, decisions, utc, e);
        }
    }

    /// <summary>Wraps a package to its destination, and signs it.</summary>
    /// <exception cref="AuthorityException">The key that it is wrapped to is not kept here any more, or it does not open.</exception>
    /// <param name="package">The package as it is stored.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="entry">What is known of it.</param>
    /// <param name="destination">The new parent.</param>
    /// <param name="approvals">Those that count, as <see cref="Require"/> gives them.</param>
    /// <param name="utc">Now.</param>
    internal ReadOnlyMemory<byte> Wrap(MigrationPackage package, int size, PackageEntry entry, PackageDestination destination, IReadOnlyList<SelectionApproval> approvals, DateTime utc)
    {
        try
        {
            MigrationPackage wrapped = keys.Rewrap(package, entry.StorageKey, destination.Parent);
            bool isReturn = approvals.Count == 0;
            string host = isReturn ? package.Source.HostName : approvals[0].DestinationHost;
            using var output = new MemoryStream(size + Room);
            PackageWriter.Write(PackageBlobs.Redirect(wrapped, destination with { HostName = host }, StoredKeys.WholeSeconds(utc), approvals, isReturn), keys.Signer, output);
            return output.GetBuffer().AsMemory(0, (int)output.Length);
        }
        catch (Exception e) when (e is WrappingIntegrityException or UnsupportedAlgorithmException or ArgumentException)
        {
            throw new AuthorityException(AuthorityFault.PackageAltered, "The package does not open with the keys of this Migration Authority.", e);
        }
    }

    /// <summary>What a package has more of when it was wrapped anew: another parent, certificate and step, and about one approval.</summary>
    private const int Room = 8 * 1024;

    private const string Unnamed = "";

    private static bool IsReturn(PackageEntry entry, ClientToken caller) => entry.IsReturnable && SecretBytes.FixedTimeEquals(entry.Client, caller.Client);

    /// <summary>Why the approvals at hand are not enough: the nearest to what would be.</summary>
    private static AuthorityException NotApproved(MigrationPackage package, PackageDestination destination, ReleaseDecisions decisions, DateTime utc, ApprovalException cause)
    {
        if (IsEnough(decisions.All, utc))
            return new AuthorityException(AuthorityFault.AuthorityNotHonoured, "The approvals would be enough, but this Migration Authority does not honour those who gave them. Ask its operator.", cause);
        // Once more, as if all of them held now.
        return IsEnough(decisions.Honoured.Select(each => each with { NotBefore = DateTime.MinValue, ValidUntil = DateTime.MaxValue }), utc)
            ? new AuthorityException(AuthorityFault.ApprovalExpired, "The approvals are over, or not valid yet. Ask the authorities for new ones.", cause)
            : new AuthorityException(AuthorityFault.ReleaseNotApproved, cause.Message, cause);

        bool IsEnough(IEnumerable<SelectionApproval> approvals, DateTime at)
        {
            try
            {
                ReleaseApprovals.Require(package, destination.Parent.Name, "the caller", approvals, at);
                return true;
            }
            catch (ApprovalException)
            {
                return false;
            }
        }
    }
}
