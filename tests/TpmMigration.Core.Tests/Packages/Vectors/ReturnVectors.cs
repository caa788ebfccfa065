using System;
using System.Collections.Generic;
using TpmMigration.Packages;
using TpmMigration.Tpm;

namespace TpmMigration.Tests.Packages.Vectors;

/// <summary>Packages for a Migration Authority, with the proof that their keys are the source's, and packages that it gave back.</summary>
internal static class ReturnVectors
{
    internal static IEnumerable<PackageVector> All
    {
        get
        {
            MigrationPackage first = VectorPackages.One();
            MigrationPackage proven = first with { Keys = [first.Keys[0] with { Possession = Possession }] };
            MigrationPackage returned = first with
            {
                Rewraps = [new PackageRewrap(VectorPackages.Created.AddDays(10), "authority", VectorKey.Destination("destination-rsa").Name, IsReturn: true)],
                Approvals = [VectorPackages.Approval(VectorPackages.First, "destination-rsa")],
            };
            return
            [
                Made("valid-possession", "valid", "a key with the statement of its source's attestation key", proven),
                Form("possession-empty", "a statement that is not there", proven, s => s.Swap(s.Part("<Possession>", "</Possession>"), "<Possession />")),
                Form("possession-no-signature", "a statement without a signature", proven, s => s.Swap(s.Part("<Possession>", "</Possession>"), "<Possession><Statement>AAAA</Statement></Possession>")),
                Form("possession-no-structure", "a signature that is none of a TPM", proven, s => s.Swap(Convert.ToBase64String(Possession.Signature.Marshal()), "AQID")) with { Schema = "valid" },
                Form("possession-before-blob", "a statement before what it is about", proven, s => s.Swap(s.Part("<Possession>", "</Possession>"), string.Empty).Swap("<MigrationBlob>", s.Part("<Possession>", "</Possession>") + "<MigrationBlob>")),
                Made("valid-returned", "valid", "a key that a Migration Authority gave back to its source, for which nobody had to approve", returned),
                Made("returned-further", "Approval.Missing", "a key that was given back, and then rewrapped without an approval", returned with { Rewraps = [.. returned.Rewraps, new PackageRewrap(VectorPackages.Created.AddDays(11), "machine-a", VectorPackages.SourceName)] }),
                Made("returned-unapproved", "Approval.Missing", "a key that was given back, and had left without an approval", returned with { Approvals = [] }),
                Form("returned-false", "a return that is none", returned, s => s.Swap("isReturn=\"true\"", "isReturn=\"false\"")),
            ];
        }
    }

    private static KeyPossession Possession => new(VectorFolder.Bytes("statement", 90), new TpmtSignature(TpmAlgId.EcDsa, TpmAlgId.Sha256, VectorFolder.Bytes("r", 32), VectorFolder.Bytes("s", 32)));

    private static PackageVector Made(string name, string expected, string why, MigrationPackage package) => new(name, expected, why, VectorText.Sign(VectorText.Template(package)));

    private static PackageVector Form(string name, string why, MigrationPackage package, Func<string, string> change) =>
        new(name, "Malformed", why, VectorText.Sign(change(VectorText.Template(package)))) { Schema = "invalid" };
}
