using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>CMKs with the words of their selection authorities, and packages that were rewrapped.</summary>
internal static class SelectionVectors
{
    private static readonly VectorSigner[] s_both = [VectorSigner.Ecc, VectorSigner.Rsa];

    internal static IEnumerable<PackageVector> All
    {
        get
        {
            MigrationPackage one = Certifiable([VectorSigner.Ecc], 1), any = Certifiable(s_both, 1), two = Certifiable(s_both, 2), rewrapped = Rewrapped();
            byte[] approval = Approval(VectorSigner.Ecc, one), denial = Approval(VectorSigner.Ecc, one, a => a with { Decision = SelectionDecision.Denied, PolicyAuthorizations = [], DuplicationAuthorizations = [] });
            string text = Encoding.UTF8.GetString(approval);
            return
            [
                Made("valid-certifiable", "valid", "a CMK with the approval of its authority for this key", one, approval),
                Made("valid-certifiable-all-keys", "valid", "a CMK with the approval of its authority for all keys", one, Approval(VectorSigner.Ecc, null)),
                Made("valid-certifiable-any", "valid", "a CMK of two authorities with the approval of one", any, Approval(VectorSigner.Rsa, any)),
                Made("valid-certifiable-quorum", "valid", "a CMK that asks for both of its authorities", two, Approval(VectorSigner.Ecc, two), Approval(VectorSigner.Rsa, two)),
                Made("valid-rewrapped", "valid", "a key that was rewrapped from one parent to another, as a release authority approved", rewrapped, [.. rewrapped.Approvals, OnTheWay()]),

                Made("certifiable-no-approval", "Approval.Missing", "a CMK without approval", one),
                Made("certifiable-by-owner", "Approval.Missing", "a CMK with the approval of an owner", one, OwnersFor(one)),
                Made("certifiable-quorum-one", "Approval.TooFew", "a CMK that asks for two authorities with the approval of one", two, Approval(VectorSigner.Ecc, two)),
                Made("certifiable-quorum-one-twice", "Approval.TooFew", "a CMK that asks for two authorities with two approvals of one", two, Approval(VectorSigner.Ecc, two), Approval(VectorSigner.Ecc, two, a => a with { Id = VectorPackages.Id("again") })),
                Made("certifiable-quorum-all-keys", "Approval.TooFew", "a CMK that asks for two authorities, one of which approved for all keys, which no TPM takes for such a key", two, Approval(VectorSigner.Ecc, two), Approval(VectorSigner.Rsa, null)),
                Made("certifiable-other-authority", "Approval.ForAnotherKey", "an approval of an authority that the policy does not name", one, Approval(VectorSigner.Stranger, one)),
                Made("certifiable-other-key", "Approval.ForAnotherKey", "an approval for a key that is not in the package", one, Approval(VectorSigner.Ecc, one, a => a with { Key = new SelectedKey("key", VectorPackages.First.Name) })),
                Made("certifiable-other-destination", "Approval.ForAnotherDestination", "an approval for another destination", one, Approval(VectorSigner.Ecc, one, a => a with { DestinationName = VectorKey.Destination("destination-rsa").Name })),
                Made("certifiable-denied", "Approval.Denied", "a denial beside the approval", one, approval, denial),
                Made("certifiable-over", "Approval.Expired", "an approval that had ended when the package was made", one, Approval(VectorSigner.Ecc, one, a => a with { ValidUntil = VectorPackages.Created.AddSeconds(-1) })),
                Made("certifiable-not-yet", "Approval.NotYetValid", "an approval that begins after the package was made", one, Approval(VectorSigner.Ecc, one, a => a with { NotBefore = VectorPackages.Created.AddSeconds(1) })),
                Altered("reason", "another reason", text.Swap("moving house", "moving horse")),
                Altered("decision", "a denial made an approval", Encoding.UTF8.GetString(denial).Swap("decision=\"Denied\"", "decision=\"Approved\"")),
                Altered("key", "all keys instead of one", text.Swap(text.Part("<Key ", "/>"), "<AllKeys />")),
                Altered("destination", "another destination", text.Swap(Hex.Format(VectorKey.Destination("destination-ecc").Name), Hex.Format(VectorKey.Destination("destination-rsa").Name))),
                Altered("signature", "another signature", text.Bytes("SignatureValue", value => [.. value.Reverse()])),
                Malformed("unsigned", "no signature", text.Without("<Signature ", "</Signature>")),
                Malformed("two-signatures", "two signatures", text.Swap("</MigrationApproval>", text.Part("<Signature ", "</Signature>") + "</MigrationApproval>")),
                Malformed("no-decision", "no decision, as in an owner's", text.Swap(" decision=\"Approved\"", string.Empty)),

                Made("rewrapped-no-approval", "Approval.Missing", "a rewrapped key without the approval of a release authority", rewrapped, [.. rewrapped.Approvals]),
                Made("rewrapped-by-stranger", "Approval.ForAnotherKey", "a rewrapped key with the approval of somebody who is no release authority", rewrapped, [.. rewrapped.Approvals, OnTheWay(VectorSigner.Stranger)]),
                Made("rewrapped-from-elsewhere", "Approval.ForAnotherDestination", "an owner's approval for a parent that is not on the key's way", rewrapped with { Rewraps = [rewrapped.Rewraps[0] with { ParentName = VectorPackages.SourceName }] }, [.. rewrapped.Approvals, OnTheWay()]),
                Made("rewrapped-before", "Approval.NotYetValid", "a rewrap before the release authority approved", rewrapped with { Rewraps = [rewrapped.Rewraps[0] with { Time = VectorPackages.Created.AddHours(1) }] }, [.. rewrapped.Approvals, OnTheWay()]),
                Form("rewrapped-misplaced", "a rewrap behind the keys", s => s.Swap(s.Part("<Rewrapped", "/>"), string.Empty).Swap("</Keys>", "</Keys>" + s.Part("<Rewrapped", "/>"))),
                Form("rewrapped-no-time", "a rewrap without time", s => s.Swap("<Rewrapped time=\"2026-02-10T12:00:00Z\"", "<Rewrapped")),
                Form("rewrapped-content", "a rewrap with content", s => s.Swap(s.Part("<Rewrapped", "/>"), s.Part("<Rewrapped", "/>").Swap(" />", ">x</Rewrapped>"))),
            ];

            PackageVector Altered(string name, string why, string document) => Made("certifiable-altered-" + name, "Approval.Altered", "an approval that was altered: " + why, one, Encoding.UTF8.GetBytes(document));

            PackageVector Malformed(string name, string why, string document) => Made("certifiable-" + name, "Approval.Malformed", "an approval that is none: " + why, one, Encoding.UTF8.GetBytes(document));

            PackageVector Form(string name, string why, Func<string, string> change) =>
                new(name, "Malformed", why, VectorText.Sign(change(VectorText.Template(rewrapped with { Approvals = [.. rewrapped.Approvals, OnTheWay()] })))) { Schema = "invalid" };
        }
    }

    private static MigrationPackage Certifiable(VectorSigner[] authorities, int quorum)
    {
        IReadOnlyList<IReadOnlyList<PolicyStep>> policy = VectorApprovals.Policy(quorum, authorities);
        return VectorPackages.Package(
            [VectorPackages.Migrating("Certifiable", VectorApprovals.Key("certifiable", policy), policy: policy) with
            {
                Kind = nameof(KeyKind.CertifiableMigratable),
                SelectionAuthorities = [.. authorities.Select(authority => authority.Certificate)],
            }],
            [],
            "destination-ecc");
    }

    /// <summary>A key that left its TPM to one parent, and was rewrapped to another ten days later.</summary>
    private static MigrationPackage Rewrapped() => VectorPackages.One() with
    {
        ReleaseAuthorities = [VectorSigner.Rsa.Certificate],
        Rewraps = [new PackageRewrap(VectorPackages.Created.AddDays(10), "vault", VectorKey.Destination("destination-rsa").Name)],
        Approvals = [VectorPackages.Approval(VectorPackages.First, "destination-rsa")],
    };

    private static byte[] OnTheWay(VectorSigner? signer = null) => Approval(signer ?? VectorSigner.Rsa, null, a => a with
    {
        Created = VectorPackages.Created.AddDays(9),
        NotBefore = VectorPackages.Created.AddDays(9),
        ValidUntil = VectorPackages.Created.AddDays(11),
    });

    private static byte[] OwnersFor(MigrationPackage package) => VectorPackages.Approval(
        VectorPackages.First, change: approval => approval with { KeyTpmName = package.Keys[0].PublicArea.Name });

    /// <summary>An approval for the CMK of a package; without one, for all keys.</summary>
    private static byte[] Approval(VectorSigner signer, MigrationPackage? package, Func<SelectionApproval, SelectionApproval>? change = null) =>
        VectorApprovals.Of(signer, package?.Keys[0].PublicArea.Name, change);

    private static PackageVector Made(string name, string expected, string why, MigrationPackage package, params byte[][] approvals) =>
        new(name, expected, why, VectorText.Sign(VectorText.Template(package with { Approvals = approvals })));
}
