using System;
using System.Collections.Generic;
using System.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tests.Migration;
using TpmMigration.Tests.Packages;
using Xunit;

namespace TpmMigration.Tests.Recovery;

/// <summary>
/// A key whose machine is gone comes back from a vault with an inner wrap: by the package, the word of its selection authority for the new
/// machine, and the release of a recovery agent, all three. The vault rewraps and never has the key.
/// </summary>
public sealed class VaultTests : IDisposable
{
    private readonly Machine _vault = new();
    private readonly Machine _new = new();
    private readonly Msa _msa = new();
    private readonly AgentCertificate _agent = AgentCertificate.Make("ecc", "Agent");
    private readonly MigrationDestination _toVault;
    private readonly MigrationDestination _toNew;

    public VaultTests()
    {
        _vault.Create("vault", KeyRole.Storage);
        (_toVault, _toNew) = (_vault.Destination("vault"), _new.Destination());
    }

    public void Dispose()
    {
        _vault.Dispose();
        _new.Dispose();
        _msa.Dispose();
    }

    [Fact]
    public void Package_approval_and_release_together_restore_a_key_whose_TPM_is_gone()
    {
        (MigrationPackage package, byte[] name) = Backup();
        SelectionApproval approval = _msa.Decide(_toNew);

        MigrationPackage forNew = Rewrap(package, approval);
        RecoveryRelease release = Release(forNew);

        StoredKey key = Assert.Single(Import(forNew, release));
        Assert.Equal(name, key.PublicArea().Name);
        PackageRewrap way = Assert.Single(forNew.Rewraps);
        Assert.Equal(_toVault.Parent.Name, way.ParentName);
        Assert.Equal(package.Id, forNew.Id);
        Assert.Equal(2, forNew.Approvals.Count);
        // As its writer wrote it, so it is read.
        Assert.Equal(way.Time, SignedText.Read(SignedText.Write(forNew)).Rewraps[0].Time);
    }

    [Fact]
    public void The_new_machine_can_be_one_of_which_only_the_endorsement_key_is_known()
    {
        (MigrationPackage package, byte[] name) = Backup();
        MigrationDestination toKey = _new.Run(loader => DestinationMaker.MakeOfEndorsementKey(loader.Device, []));
        Assert.Equal(DestinationKind.EndorsementKey, toKey.Kind);
        MigrationPackage forNew = Rewrap(package, toKey, _msa.Decide(toKey));
        Assert.Equal(name, Assert.Single(Import(forNew, Release(forNew, toKey))).PublicArea().Name);
    }

    [Fact]
    public void Without_the_approval_nobody_rewraps_releases_or_imports()
    {
        (MigrationPackage package, _) = Backup();
        using var stranger = new Msa();
        Machine elsewhere = _vault;
        foreach (SelectionApproval[] words in new SelectionApproval[][] { [], [stranger.Decide(_toNew)], [_msa.Decide(elsewhere.Destination())], [_msa.Decide(_toNew, from: DateTime.UtcNow.AddHours(-2), until: DateTime.UtcNow.AddHours(-1))] })
        {
            Assert.Equal(ApprovalFault.Missing, Assert.Throws<ApprovalException>(() => Rewrap(package, words)).Fault);
            Assert.Equal(ApprovalFault.Missing, Assert.Throws<ApprovalException>(() => Release(package, words)).Fault);
        }
        SelectionApproval approval = _msa.Decide(_toNew), denial = _msa.Decide(_toNew, decision: SelectionDecision.Denied);
        Assert.Equal(ApprovalFault.Denied, Assert.Throws<ApprovalException>(() => Rewrap(package, approval, denial)).Fault);
        Assert.Equal(ApprovalFault.Denied, Assert.Throws<ApprovalException>(() => Release(package, approval, denial)).Fault);

        // A vault that does not care is found out by whoever imports.
        MigrationPackage careless = Rewrap(package, approval) with { Approvals = package.Approvals };
        Assert.Equal(ApprovalFault.Missing, Assert.Throws<ApprovalException>(() => Import(careless, Release(careless, approval))).Fault);
        MigrationPackage silent = Rewrap(package, approval) with { Rewraps = [] };
        Assert.Equal(ApprovalFault.ForAnotherDestination, Assert.Throws<ApprovalException>(() => Import(silent, Release(Rewrap(package, approval)))).Fault);
        Assert.DoesNotContain("k", _new.StoredNames());
    }

    [Fact]
    public void Without_the_agent_the_vault_and_the_new_machine_have_nothing()
    {
        (MigrationPackage package, _) = Backup();
        MigrationPackage forNew = Rewrap(package, _msa.Decide(_toNew));
        RecoveryException missing = Assert.Throws<RecoveryException>(() => Import(forNew));
        Assert.Equal(RecoveryFault.Missing, missing.Fault);
        Assert.Contains("CN=Agent", missing.Message, StringComparison.Ordinal);
        AgentCertificate other = AgentCertificate.Make("ecc", "Other");
        using CertificateSigner signer = other.Open();
        Assert.Equal(RecoveryFault.NotAnAgent, Assert.Throws<RecoveryException>(() => new AgentKey(signer).Release(forNew, _toNew, "x")).Fault);
    }

    [Fact]
    public void Without_the_vault_a_package_opens_nowhere_else()
    {
        (MigrationPackage package, _) = Backup();
        SelectionApproval approval = _msa.Decide(_toNew);
        // Approved and released for the new machine, and still wrapped to the vault.
        Assert.Equal(ImportFault.ForAnotherMachine, Assert.Throws<ImportException>(() => Import(package, Release(package, approval))).Fault);
        // Somebody writes the new machine's parent over the vault's: its TPM does not open what the vault's could.
        MigrationPackage pretended = package with
        {
            Destination = package.Destination with { Parent = _toNew.Parent },
            Rewraps = [new PackageRewrap(StoredKeys.Now(), "vault", _toVault.Parent.Name)],
            Approvals = [.. package.Approvals, ApprovalDocument.ToBytes(approval)],
        };
        Assert.Equal(PackageIntegrityFault.Altered, Assert.Throws<PackageIntegrityException>(() => Import(pretended, Release(package, approval))).Fault);
    }

    [Fact]
    public void For_an_MK_a_release_authority_of_the_package_speaks_in_its_owners_place()
    {
        MigrationPackage Export(params Msa[] proxies)
        {
            using var source = new Machine();
            source.Create("k");
            OwnerApproval owner = source.Approve("k", _toVault);
            return source.Run(loader =>
            {
                var request = new ExportRequest { Destination = _toVault, Approvals = [owner], ReleaseAuthorities = [.. proxies.Select(proxy => proxy.Authority.Certificate!)] };
                using var exporter = new KeyExporter(loader, request, new KeyPasswords());
                exporter.Add(loader.Store.Find("k")!.Require());
                return exporter.Finish();
            });
        }

        SelectionApproval approval = _msa.Decide(_toNew);
        ApprovalException nobody = Assert.Throws<ApprovalException>(() => Rewrap(Export(), approval));
        Assert.Contains("-ReleaseAuthority", nobody.Message, StringComparison.Ordinal);
        using var other = new Msa();
        Assert.Equal(ApprovalFault.Missing, Assert.Throws<ApprovalException>(() => Rewrap(Export(other), approval)).Fault);
        Assert.Single(Import(Rewrap(Export(other, _msa), approval)));
    }

    [Fact]
    public void A_quorum_is_asked_for_again_at_each_step()
    {
        using Msa second = new(), third = new();
        Msa[] all = [_msa, second, third];
        MigrationPackage package;
        StoredKey key;
        using (var source = new Machine())
        {
            key = Msa.CreateCmk(source, "k", all, quorum: 2);
            package = MigrationTests.Export(source, _toVault, ["k"], [_msa.Decide(_toVault, key), third.Decide(_toVault, key)]);
        }
        Assert.Equal(ApprovalFault.TooFew, Assert.Throws<ApprovalException>(() => Rewrap(package, _msa.Decide(_toNew, key))).Fault);
        Assert.Equal(ApprovalFault.TooFew, Assert.Throws<ApprovalException>(() => Rewrap(package, _msa.Decide(_toNew, key), _msa.Decide(_toNew, key))).Fault);
        Assert.Single(Import(Rewrap(package, _msa.Decide(_toNew, key), second.Decide(_toNew, key))));
    }

    /// <summary>A CMK in the vault, with an inner wrap; its machine is gone.</summary>
    private (MigrationPackage Package, byte[] Name) Backup()
    {
        using var source = new Machine();
        StoredKey key = Msa.CreateCmk(source, "k", [_msa]);
        return (MigrationTests.Export(source, _toVault, ["k"], [_msa.Decide(_toVault, key)], recovery: RecoveryScene.Recipients(string.Empty, _agent)), key.PublicArea().Name);
    }

    private MigrationPackage Rewrap(MigrationPackage package, params SelectionApproval[] decisions) => Rewrap(package, _toNew, decisions);

    private MigrationPackage Rewrap(MigrationPackage package, MigrationDestination destination, params SelectionApproval[] decisions) => _vault.Run(loader =>
    {
        using KeyPasswords none = new();
        return new PackageRewrapper(loader, destination, none).Rewrap(SignedText.Read(SignedText.Write(package)), decisions);
    });

    private RecoveryRelease Release(MigrationPackage package, params SelectionApproval[] decisions) => Release(package, _toNew, decisions);

    private RecoveryRelease Release(MigrationPackage package, MigrationDestination destination, params SelectionApproval[] decisions)
    {
        using CertificateSigner signer = _agent.Open();
        return ReleaseDocument.Read(new AgentKey(signer).Release(package, destination, "the board is dead", decisions).Document);
    }

    private IReadOnlyList<StoredKey> Import(MigrationPackage package, params RecoveryRelease[] releases)
    {
        using RecoveryMeans means = RecoveryScene.Means(releases: releases);
        return MigrationTests.Import(_new, package, request: new ImportRequest { Trust = Trusted.Signer, Recovery = means });
    }
}
