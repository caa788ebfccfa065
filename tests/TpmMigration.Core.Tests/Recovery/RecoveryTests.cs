using System;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tests.Migration;
using TpmMigration.Tests.Packages;
using Xunit;

namespace TpmMigration.Tests.Recovery;

/// <summary>Keys travel with an inner wrap: the destination's TPM opens it with the passphrase or a release, and with nothing else.</summary>
public sealed class RecoveryTests : IDisposable
{
    private readonly RecoveryScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Theory]
    [InlineData(true, KeyRole.Sign, KeyAlgorithm.EccP256)]
    [InlineData(false, KeyRole.Sign, KeyAlgorithm.EccP384)]
    [InlineData(true, KeyRole.Decrypt, KeyAlgorithm.Rsa2048)]
    [InlineData(true, KeyRole.Storage, KeyAlgorithm.EccP256)]
    public void A_key_travels_with_an_inner_wrap_by_passphrase_whether_or_not_it_asks_for_one(bool encryptedDuplication, KeyRole role, KeyAlgorithm algorithm)
    {
        StoredKey key = _scene.Source.Create("k", role, algorithm, encryptedDuplication: encryptedDuplication);
        MigrationPackage package = _scene.Export(RecoveryScene.Recipients(RecoveryScene.Passphrase), "k");
        StoredKey imported = Assert.Single(_scene.Import(package, RecoveryScene.Means(RecoveryScene.Passphrase)));
        Assert.Equal(key.PublicArea().Name, imported.PublicArea().Name);
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("ecc")]
    [InlineData("ecc384")]
    public void A_key_travels_by_an_agents_release(string type)
    {
        StoredKey key = _scene.Source.Create("k", encryptedDuplication: true);
        AgentCertificate first = AgentCertificate.Make("ecc", "Other agent"), agent = AgentCertificate.Make(type, "Agent");
        MigrationPackage package = _scene.Export(RecoveryScene.Recipients("", first, agent), "k");
        RecoveryRelease release = RecoveryScene.Release(agent, package, _scene.Destination);
        Assert.Equal(("CN=Agent", "the board is dead", package.Id), (release.Signer, release.Reason, release.PackageId));
        StoredKey imported = Assert.Single(_scene.Import(package, RecoveryScene.Means("", release)));
        Assert.Equal(key.PublicArea().Name, imported.PublicArea().Name);
    }

    [Fact]
    public void A_storage_key_takes_its_children_and_all_data_along_under_the_inner_wrap()
    {
        _scene.Source.Create("top", KeyRole.Storage, encryptedDuplication: true);
        _scene.Source.Create("child", parent: "top", movesWithParent: true);
        Put("top", "opens the safe");
        Put("child", "opens the door");
        AgentCertificate agent = AgentCertificate.Make("rsa", "Agent");
        MigrationPackage package = _scene.Export(RecoveryScene.Recipients(RecoveryScene.Passphrase, agent), "top");
        Assert.NotNull(package.DataKey!.InnerKey);
        Assert.Equal(2, _scene.Import(package, RecoveryScene.Means("", RecoveryScene.Release(agent, package, _scene.Destination))).Length);
        Assert.Equal(["opens the safe", "opens the door"], new[] { "top", "child" }.Select(Get));
    }

    [Fact]
    public void Data_goes_under_a_new_parent_that_asks_for_inner_wraps_itself()
    {
        _scene.Target.Create("vault", KeyRole.Storage, encryptedDuplication: true);
        MigrationDestination vault = _scene.Target.Destination("vault");
        _scene.Source.Create("k", encryptedDuplication: true);
        Put("k", "opens the safe");
        MigrationPackage package = MigrationTests.Export(
            _scene.Source, vault, ["k"], [_scene.Source.Approve("k", vault)], recovery: RecoveryScene.Recipients(RecoveryScene.Passphrase));
        _scene.Import(package, RecoveryScene.Means(RecoveryScene.Passphrase));
        Assert.Equal("opens the safe", Get("k"));
    }

    [Fact]
    public void No_two_keys_and_no_two_exports_have_one_inner_key_or_recovery_key()
    {
        _scene.Source.Create("a");
        _scene.Source.Create("b");
        MigrationPackage[] packages = [Export(), Export()];
        byte[][] inner = [.. packages.SelectMany(package =>
        {
            using RecoveryKey recovery = RecoveryPassphrase.Open(package.InnerWrap!.Passphrase!, Encoding.UTF8.GetBytes(RecoveryScene.Passphrase));
            return package.Keys.Select(k => recovery.TryUnwrap(((MigrationBlob)k.Blob).InnerKey!)!).Append((byte[])recovery.Secret.Clone()).ToArray();
        })];
        Assert.Equal(6, inner.Length);
        Assert.Equal(6, inner.Select(Convert.ToHexString).Distinct().Count());
        Assert.NotEqual(packages[0].InnerWrap!.Passphrase!.Salt, packages[1].InnerWrap!.Passphrase!.Salt);

        MigrationPackage Export() => _scene.Export(RecoveryScene.Recipients(RecoveryScene.Passphrase), "a", "b");
    }

    [Fact]
    public void A_wrong_passphrase_opens_nothing_and_the_right_one_then_does()
    {
        _scene.Source.Create("k", encryptedDuplication: true);
        MigrationPackage package = _scene.Export(RecoveryScene.Recipients(RecoveryScene.Passphrase), "k");
        foreach (string wrong in new[] { RecoveryScene.Passphrase + " ", RecoveryScene.Passphrase.ToUpperInvariant(), "x" })
            Assert.Equal(RecoveryFault.WrongPassphrase, _scene.ImportFails(package, RecoveryScene.Means(wrong)));
        _scene.Import(package, RecoveryScene.Means(RecoveryScene.Passphrase));
    }

    [Fact]
    public void Without_passphrase_and_release_the_error_says_who_can_open_it()
    {
        _scene.Source.Create("k");
        AgentCertificate agent = AgentCertificate.Make("ecc", "Board of trustees");
        MigrationPackage both = _scene.Export(RecoveryScene.Recipients(RecoveryScene.Passphrase, agent), "k"), agents = _scene.Export(RecoveryScene.Recipients("", agent), "k");
        var error = Scene.Fails<RecoveryException>(_scene.Target, () => _scene.Import(both, RecoveryScene.Means()));
        Assert.Equal(RecoveryFault.Missing, error.Fault);
        Assert.Contains("'CN=Board of trustees'", error.Message, StringComparison.Ordinal);
        Assert.Contains("-RecoveryPassphrase", error.Message, StringComparison.Ordinal);
        Assert.Equal(RecoveryFault.NoPassphrase, _scene.ImportFails(agents, RecoveryScene.Means(RecoveryScene.Passphrase)));
    }

    [Fact]
    public void A_release_for_another_package_destination_or_by_another_is_refused()
    {
        _scene.Source.Create("k", encryptedDuplication: true);
        AgentCertificate agent = AgentCertificate.Make("ecc", "Agent"), other = AgentCertificate.Make("ecc", "Other");
        MigrationPackage package = _scene.Export(RecoveryScene.Recipients("", agent), "k"), second = _scene.Export(RecoveryScene.Recipients("", agent, other), "k");
        _scene.Target.Create("vault", KeyRole.Storage);

        Assert.Equal(RecoveryFault.ForAnotherPackage, _scene.ImportFails(package, RecoveryScene.Means("", RecoveryScene.Release(agent, second, _scene.Destination))));
        Assert.Equal(RecoveryFault.ForAnotherDestination, _scene.ImportFails(package, RecoveryScene.Means("", RecoveryScene.Release(agent, package, _scene.Target.Destination("vault")))));
        Assert.Equal(RecoveryFault.NotByAgent, _scene.ImportFails(package, RecoveryScene.Means("", RecoveryScene.Release(other, second with { Id = package.Id }, _scene.Destination))));

        // Made for another TPM, and the name of this one's parent put onto it by an agent: the TPM itself refuses.
        RecoveryRelease elsewhere = RecoveryScene.Release(agent, package, _scene.Source.Destination());
        using CertificateSigner signer = agent.Open();
        var turned = new RecoveryRelease(elsewhere.SealedKey, null)
        {
            Id = elsewhere.Id, Created = elsewhere.Created, Reason = elsewhere.Reason, PackageId = package.Id,
            DestinationHost = _scene.Destination.HostName, DestinationName = _scene.Destination.Parent.Name,
        };
        Assert.Equal(RecoveryFault.NotOpened, _scene.ImportFails(package, RecoveryScene.Means("", ReleaseDocument.Read(ReleaseDocument.Write(turned, signer)))));

        // The control, with all of the others at hand too.
        _scene.Import(package, RecoveryScene.Means("", RecoveryScene.Release(agent, second, _scene.Destination), RecoveryScene.Release(agent, package, _scene.Destination)));
    }

    [Fact]
    public void Who_is_no_agent_of_a_package_releases_nothing()
    {
        _scene.Source.Create("k");
        AgentCertificate agent = AgentCertificate.Make("ecc", "Agent"), other = AgentCertificate.Make("ecc", "Agent");
        MigrationPackage package = _scene.Export(RecoveryScene.Recipients("", agent), "k");
        Assert.Equal(RecoveryFault.NotAnAgent, Assert.Throws<RecoveryException>(() => RecoveryScene.Release(other, package, _scene.Destination)).Fault);
        MigrationPackage exchanged = package with { InnerWrap = new PackageInnerWrap([new PackageRecoveryAgent(other.Der, package.InnerWrap!.Agents[0].Envelope)], null) };
        Assert.Equal(RecoveryFault.EnvelopeDamaged, Assert.Throws<RecoveryException>(() => RecoveryScene.Release(other, exchanged, _scene.Destination)).Fault);
        MigrationPackage plain = package with { InnerWrap = null, Keys = [.. package.Keys.Select(k => k with { Blob = (MigrationBlob)k.Blob with { InnerKey = null } })] };
        Assert.Equal(RecoveryFault.NoInnerWrap, Assert.Throws<RecoveryException>(() => RecoveryScene.Release(agent, plain, _scene.Destination)).Fault);
    }

    [Fact]
    public void An_agent_that_was_added_later_releases_as_the_first_does()
    {
        _scene.Source.Create("k", encryptedDuplication: true);
        AgentCertificate present = AgentCertificate.Make("rsa", "Present"), next = AgentCertificate.Make("ecc384", "Next");
        MigrationPackage package = _scene.Export(RecoveryScene.Recipients("", present), "k");
        using CertificateSigner signer = present.Open();
        var key = new AgentKey(signer);
        MigrationPackage renewed = SignedText.Read(SignedText.Write(key.AddAgents(package, [next.Agent]), signer));
        Assert.Equal(["CN=Present", "CN=Next"], RecoveryAgent.SubjectsOf(renewed.InnerWrap!));
        Assert.Equal("CN=Present", renewed.Signature!.Signer.Description);
        Assert.Equal(RecoveryFault.AgentTwice, Assert.Throws<RecoveryException>(() => key.AddAgents(renewed, [next.Agent])).Fault);
        Assert.Equal(RecoveryFault.AgentTwice, Assert.Throws<RecoveryException>(() => key.AddAgents(package, [next.Agent, next.Agent])).Fault);
        _scene.Import(renewed, RecoveryScene.Means("", RecoveryScene.Release(next, renewed, _scene.Destination)));
    }

    [Fact]
    public void An_approval_is_for_one_of_the_two_forms()
    {
        _scene.Source.Create("k");
        OwnerApproval plain = _scene.Source.Approve("k", _scene.Destination), wrapped = _scene.Source.Approve("k", _scene.Destination, innerWrap: true);
        RecoveryRecipients recipients = RecoveryScene.Recipients(RecoveryScene.Passphrase);
        Assert.Equal(ApprovalFault.ForAnotherForm, Scene.Fails<ApprovalException>(_scene.Source, () => MigrationTests.Export(_scene.Source, _scene.Destination, ["k"], [plain], recovery: recipients)).Fault);
        Assert.Equal(ApprovalFault.ForAnotherForm, Scene.Fails<ApprovalException>(_scene.Source, () => MigrationTests.Export(_scene.Source, _scene.Destination, ["k"], [wrapped])).Fault);
        // Where the document says another form than was approved, the TPM refuses.
        OwnerApproval lying = plain with { Ticket = plain.Ticket! with { InnerWrap = true }, Document = null };
        Assert.Equal(ApprovalFault.ForAnotherDestination, Scene.Fails<ApprovalException>(_scene.Source, () => MigrationTests.Export(_scene.Source, _scene.Destination, ["k"], [lying], recovery: recipients)).Fault);
        // Of several the right one is chosen.
        Assert.Null(MigrationTests.Export(_scene.Source, _scene.Destination, ["k"], [wrapped, plain]).InnerWrap);
        MigrationPackage package = MigrationTests.Export(_scene.Source, _scene.Destination, ["k"], [plain, wrapped], recovery: recipients);
        Assert.True(((OwnerApproval)ApprovalDocument.Read(Encoding.UTF8.GetString(Assert.Single(package.Approvals)))).Ticket!.InnerWrap);
        // And a package tells the story of its approvals.
        MigrationPackage mixed = package with { Approvals = [ApprovalDocument.ToBytes(plain)] };
        Assert.Equal(ApprovalFault.ForAnotherForm, Scene.Fails<ApprovalException>(_scene.Target, () => _scene.Import(mixed, RecoveryScene.Means(RecoveryScene.Passphrase))).Fault);
    }

    [Fact]
    public void An_inner_key_that_is_altered_or_of_another_key_is_refused()
    {
        _scene.Source.Create("a");
        _scene.Source.Create("b");
        MigrationPackage package = _scene.Export(RecoveryScene.Recipients(RecoveryScene.Passphrase), "a", "b");
        byte[] first = ((MigrationBlob)package.Keys[0].Blob).InnerKey!, second = ((MigrationBlob)package.Keys[1].Blob).InnerKey!, altered = (byte[])first.Clone();
        altered[5] ^= 1;
        foreach (byte[] inner in new[] { altered, second })
        {
            MigrationPackage bad = package with { Keys = [package.Keys[0] with { Blob = (MigrationBlob)package.Keys[0].Blob with { InnerKey = inner } }, package.Keys[1]] };
            Assert.Equal(PackageIntegrityFault.Altered, Scene.Fails<PackageIntegrityException>(_scene.Target, () => _scene.Import(bad, RecoveryScene.Means(RecoveryScene.Passphrase))).Fault);
        }
    }

    [Fact]
    public void A_rehearsal_opens_the_inner_wrap_or_says_what_is_missing()
    {
        _scene.Source.Create("k", encryptedDuplication: true);
        MigrationPackage package = _scene.Export(RecoveryScene.Recipients(RecoveryScene.Passphrase), "k");
        Assert.Equal(CheckVerdict.Passed, Rehearse(RecoveryScene.Passphrase).Verdict);
        Assert.Equal(CheckVerdict.NotChecked, Rehearse("").Verdict);
        PackageFinding wrong = Rehearse("quite another passphrase");
        Assert.Equal(CheckVerdict.Failed, wrong.Verdict);
        Assert.Equal(RecoveryFault.WrongPassphrase, Assert.IsType<RecoveryException>(wrong.Cause).Fault);

        PackageFinding Rehearse(string passphrase) => _scene.Target.Run(loader =>
        {
            using RecoveryMeans means = RecoveryScene.Means(passphrase);
            using KeyPasswords none = new();
            return new PackageRehearsal(loader, none, means).Run(package).Last();
        });
    }

    private void Put(string key, string content) => _scene.Source.Run(loader =>
    {
        using var vault = new KeyDataVault(loader);
        using var data = new KeyData(KeyDataType.Data, "note", "", Encoding.UTF8.GetBytes(content));
        vault.Put(loader.Store.Find(key)!.Require(), data, replace: false);
        return true;
    });

    private string Get(string key) => _scene.Target.Run(loader =>
    {
        using var vault = new KeyDataVault(loader);
        using KeyData data = Assert.Single(vault.GetAll(loader.Store.Find(key)!.Require()));
        return Encoding.UTF8.GetString(data.Content);
    });
}
