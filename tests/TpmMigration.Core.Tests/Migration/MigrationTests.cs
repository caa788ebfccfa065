using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tests.Packages;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Migration;

public sealed class MigrationTests
{
    [Theory]
    [InlineData(KeyRole.Sign, KeyAlgorithm.EccP256)]
    [InlineData(KeyRole.Sign, KeyAlgorithm.EccP384)]
    [InlineData(KeyRole.Sign, KeyAlgorithm.Rsa2048)]
    [InlineData(KeyRole.Decrypt, KeyAlgorithm.Rsa2048)]
    [InlineData(KeyRole.Decrypt, KeyAlgorithm.EccP256)]
    [InlineData(KeyRole.Decrypt, KeyAlgorithm.EccP384)]
    [InlineData(KeyRole.Storage, KeyAlgorithm.EccP256)]
    [InlineData(KeyRole.Storage, KeyAlgorithm.EccP384)]
    [InlineData(KeyRole.Storage, KeyAlgorithm.Rsa2048)]
    public void A_key_goes_to_the_approved_machine_and_works_there(KeyRole role, KeyAlgorithm algorithm)
    {
        using var a = new Machine();
        using var b = new Machine();
        a.Create("k", role, algorithm);
        MigrationDestination destination = b.Destination();
        MigrationPackage package = Export(a, destination, ["k"], [a.Approve("k", destination)]);

        IReadOnlyList<StoredKey> imported = Import(b, package);

        Assert.Equal("k", Assert.Single(imported).Record.Name);
        Assert.Equal(["k", AttestationKey.Name], b.StoredNames());
        Assert.NotNull(KeyStore.LastExportOf(a.Store.LastExports(), package.Keys[0].PublicArea.Name));
    }

    [Fact]
    public void Children_of_two_levels_go_along_and_all_have_their_passwords()
    {
        using var a = new Machine();
        using var b = new Machine();
        KeyPasswords passwords = Machine.Password(key: "secret", parent: "secret");
        a.Create("top", KeyRole.Storage, passwords: passwords);
        a.Create("middle", KeyRole.Storage, KeyAlgorithm.EccP256, "top", movesWithParent: true, passwords);
        a.Create("leaf", KeyRole.Sign, KeyAlgorithm.Rsa2048, "middle", movesWithParent: false, passwords);
        MigrationDestination destination = b.Destination();
        MigrationPackage package = Export(a, destination, ["top"], [a.Approve("top", destination)], passwords);
        Assert.Equal(["top", "middle", "leaf"], package.Keys.Select(k => k.Name));

        Import(b, package, passwords);

        Assert.Equal("middle", b.Store.Find("leaf")!.Require().Record.Parent.KeyName);
    }

    [Fact]
    public void The_TPM_itself_refuses_a_destination_that_was_not_approved()
    {
        using var a = new Machine();
        using var b = new Machine();
        using var c = new Machine();
        a.Create("k");
        OwnerApproval approval = a.Approve("k", b.Destination());

        ApprovalException refusal = Assert.Throws<ApprovalException>(() => Export(a, c.Destination(), ["k"], [approval]));

        Assert.Equal(ApprovalFault.ForAnotherDestination, refusal.Fault);
        Assert.IsType<TpmException>(refusal.InnerException);
    }

    [Fact]
    public void The_Owner_can_authorize_an_export_with_the_password_alone()
    {
        using var a = new Machine();
        using var b = new Machine();
        a.Create("k");
        a.Tpm.Tool("tpm2_changeauth", "-c", "owner", "owner-secret");
        KeyPasswords passwords = Machine.Password(owner: "owner-secret");
        MigrationDestination destination = b.Destination();

        MigrationPackage package = a.Run(
            loader =>
            {
                using var exporter = new KeyExporter(loader, new ExportRequest { Destination = destination, OwnerReason = "board failed" }, passwords);
                exporter.Add(loader.Store.Find("k")!.Require());
                return exporter.Finish();
            },
            passwords);

        Import(b, SignedText.Read(SignedText.Write(package)));
    }

    internal static MigrationPackage Export(
        Machine machine, MigrationDestination destination, string[] names, MigrationApproval[] approvals, KeyPasswords? passwords = null, RecoveryRecipients? recovery = null) => machine.Run(
        loader =>
        {
            var request = new ExportRequest
            {
                Destination = DestinationDocument.Read(DestinationDocument.Write(destination)),
                Approvals = approvals.Select(a => ApprovalDocument.Read(ApprovalDocument.Write(a))).ToList(),
                Recovery = recovery,
            };
            using var exporter = new KeyExporter(loader, request, passwords ?? new KeyPasswords());
            foreach (string name in names) exporter.Add(loader.Store.Find(name)!.Require());
            MigrationPackage package = exporter.Finish();
            exporter.Record(package);
            return package;
        },
        passwords);

    internal static IReadOnlyList<StoredKey> Import(Machine machine, MigrationPackage package, KeyPasswords? passwords = null, ImportRequest? request = null) => machine.Run(
        loader => new PackageImporter(loader, request ?? new ImportRequest { Trust = Trusted.Signer }, passwords ?? new KeyPasswords()).Import(SignedText.Read(SignedText.Write(package))),
        passwords);
}
