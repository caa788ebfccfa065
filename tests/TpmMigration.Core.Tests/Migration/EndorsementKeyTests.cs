using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Approvals;
using TpmMigration.Tests.Packages;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Migration;

/// <summary>From one machine to the endorsement key of another, and there on to its storage root key.</summary>
public sealed class EndorsementKeyTests : IDisposable
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes("what was kept with the key");

    private readonly EndorsementAuthority _authority = new();
    private readonly Machine _source = new();
    private readonly Machine _target = new();

    public void Dispose()
    {
        _authority.Dispose();
        _source.Dispose();
        _target.Dispose();
    }

    public static TheoryData<string> Templates => [.. EndorsementTemplate.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Templates))]
    public void A_family_with_data_arrives_through_an_endorsement_key_and_works(string template)
    {
        MakeFamily();
        MigrationPackage package = Export(_target, "top", template);
        Assert.Equal(PackageDestinationKind.EndorsementKey, package.Destination.Kind);

        // The proof of each key is part of its import.
        IReadOnlyList<StoredKey> imported = MigrationTests.Import(_target, package);

        Assert.Equal(["top", "middle", "leaf"], imported.Select(k => k.Record.Name));
        Assert.Equal(_target.Run(loader => loader.StorageRoot.Handle.Name), imported[0].Record.Parent.TpmName);
        Assert.Equal(Content, Get(_target, "leaf"));
        // It goes on from there like any other key.
        MigrationTests.Import(_source, MigrationTests.Export(_target, _source.Destination(), ["top"], [_target.Approve("top", _source.Destination())]), request: Again);
    }

    [Theory]
    [InlineData(0x01C00002u)]
    [InlineData(0x01C00016u)]
    public void The_certificate_that_a_manufacturer_gave_a_TPM_is_enough(uint index)
    {
        using var target = new Machine(new SimulatedTpmOptions { EndorsementCertificates = true });
        target.Tpm.Tool("tpm2_nvread", $"0x{index:X8}", "-o", "ek.crt");
        EndorsementCertificate certificate = EndorsementCertificate.Read(File.ReadAllBytes(Path.Combine(target.Tpm.WorkDirectory, "ek.crt")));
        _source.Create("k");
        RecordingTransport? recording = null;
        MigrationPackage package = Export(DestinationMaker.Make(certificate, "b", []), "k");

        target.Run(
            loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer }, new KeyPasswords()).Import(SignedText.Read(SignedText.Write(package))),
            decorate: inner => recording = new RecordingTransport(inner));

        Assert.Equal(["k"], target.StoredNames());
        // The endorsement key is persistent: only the storage root key is made.
        Assert.Equal(1, Commands(recording!).Count(c => c == TpmCc.CreatePrimary));
    }

    [Fact]
    public void This_machines_own_endorsement_key_can_be_the_destination()
    {
        using var target = new Machine(new SimulatedTpmOptions { EndorsementCertificates = true });
        _source.Create("k");
        foreach (Machine machine in (Machine[])[target, _target])
        {
            MigrationDestination destination = machine.Run(loader => DestinationMaker.MakeOfEndorsementKey(loader.Device, []));
            Assert.Equal(machine == target ? 1 : 0, destination.EndorsementCertificates.Count);
            Assert.Equal(["k"], MigrationTests.Import(machine, Export(destination, "k")).Select(k => k.Record.Name));
        }
    }

    [Fact]
    public void One_endorsement_key_and_one_policy_session_serve_all_keys()
    {
        string[] names = ["k1", "k2", "k3", "k4"];
        foreach (string name in names) _source.Create(name);
        MigrationDestination destination = Destination(_target, "L-1");
        MigrationPackage package = MigrationTests.Export(_source, destination, names, [.. names.Select(name => _source.Approve(name, destination))]);
        RecordingTransport? recording = null;

        _target.Run(
            loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer }, new KeyPasswords()).Import(SignedText.Read(SignedText.Write(package))),
            decorate: inner => recording = new RecordingTransport(inner));

        Assert.Equal(names, _target.StoredNames());
        TpmCc[] commands = [.. Commands(recording!)];
        Assert.Equal((2, 1, 4, 4, 0), (Count(TpmCc.CreatePrimary), Count(TpmCc.StartAuthSession), Count(TpmCc.PolicySecret), Count(TpmCc.Rewrap), Count(TpmCc.PolicyRestart)));

        int Count(TpmCc code) => commands.Count(c => c == code);
    }

    [Fact]
    public void Another_TPM_refuses_the_package()
    {
        _source.Create("k");
        MigrationPackage package = Export(_target, "k", "L-1");
        using var other = new Machine();
        ImportException error = Scene.Fails<ImportException>(other, () => MigrationTests.Import(other, package));
        Assert.Equal(ImportFault.ForAnotherMachine, error.Fault);
        PackageFinding[] findings = Rehearse(other, package);
        Assert.Equal([CheckVerdict.NotChecked, CheckVerdict.NotChecked], findings.Select(f => f.Verdict));
    }

    [Fact]
    public void A_TPM_without_Rewrap_says_so_before_anything_is_done_and_names_the_other_way()
    {
        _source.Create("k");
        MigrationPackage package = SignedText.Read(SignedText.Write(Export(_target, "k", "L-2")));
        using var without = new InterceptedTpm(_target.Tpm, (uint)TpmCc.GetCapability, ask => WithoutRewrap(ask()));

        ImportObstacle obstacle = Assert.Single(_target.Run(
            loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer }, new KeyPasswords()).Obstacles(package), connection: without.ConnectionString));

        Assert.Equal(ImportFault.RewrapUnsupported, Assert.IsType<ImportException>(obstacle.Cause).Fault);
        Assert.Contains("Get-TpmMigrationDestination", obstacle.Cause.Message, StringComparison.Ordinal);
        Assert.DoesNotContain((uint)TpmCc.Rewrap, without.Commands);
        Scene.Fails<ImportException>(_target, () => _target.Run(
            loader => new PackageImporter(loader, new ImportRequest { Trust = Trusted.Signer }, new KeyPasswords()).Import(package), connection: without.ConnectionString));
        // A rehearsal finds it out too; it is no fault of the package.
        IEnumerable<PackageFinding> findings = _target.Run(loader => new PackageRehearsal(loader, new KeyPasswords()).Run(package), connection: without.ConnectionString);
        Assert.Equal([CheckVerdict.NotChecked, CheckVerdict.NotChecked], findings.Select(f => f.Verdict));
        // With the command, the same package is imported.
        Assert.Single(MigrationTests.Import(_target, package));
    }

    [Fact]
    public void An_endorsement_hierarchy_with_a_password_stands_against_the_import()
    {
        using var target = new Machine(new SimulatedTpmOptions { EndorsementCertificates = true });
        _source.Create("k");
        MigrationPackage package = Export(target.Run(loader => DestinationMaker.MakeOfEndorsementKey(loader.Device, [])), "k");
        target.Tpm.Tool("tpm2_changeauth", "-c", "endorsement", "secret");
        Assert.Equal(ImportFault.EndorsementPassword, Scene.Fails<ImportException>(target, () => MigrationTests.Import(target, package)).Fault);
        target.Tpm.Tool("tpm2_changeauth", "-c", "endorsement", "-p", "secret");
        Assert.Single(MigrationTests.Import(target, package));
    }

    [Fact]
    public void What_was_altered_is_refused_key_by_key_and_nothing_is_stored()
    {
        MakeFamily();
        _source.Create("other");
        MigrationDestination destination = Destination(_target, "H-3");
        MigrationPackage package = MigrationTests.Export(_source, destination, ["top", "other"], [_source.Approve("top", destination), _source.Approve("other", destination)]);
        _ = _target.Run(StoreDataKey.Obtain); // So that a rehearsal has nothing to make.
        Assert.All(Rehearse(_target, package), finding => Assert.Equal(CheckVerdict.Passed, finding.Verdict));

        var blob = (MigrationBlob)package.Keys[0].Blob;
        foreach (MigrationBlob altered in (MigrationBlob[])[blob with { Duplicate = Flip(blob.Duplicate) }, blob with { EncryptedSeed = Flip(blob.EncryptedSeed) }, (MigrationBlob)package.Keys[3].Blob])
        {
            MigrationPackage other = package with { Keys = [package.Keys[0] with { Blob = altered }, .. package.Keys.Skip(1)] };
            Assert.Equal(PackageIntegrityFault.Altered, Scene.Fails<PackageIntegrityException>(_target, () => MigrationTests.Import(_target, other)).Fault);
            Assert.Equal("Destination+ top- middle? leaf? other+", Words(Rehearse(_target, other)));
        }
        MigrationPackage noKey = package with { DataKey = package.DataKey! with { Duplicate = Flip(package.DataKey.Duplicate) } };
        Assert.Equal(PackageIntegrityFault.Altered, Scene.Fails<PackageIntegrityException>(_target, () => MigrationTests.Import(_target, noKey)).Fault);
        Assert.Equal("Destination+ Key-", Words(Rehearse(_target, noKey)));
    }

    [Fact]
    public void What_is_wrapped_to_the_storage_root_key_is_not_taken_for_what_the_endorsement_key_rewraps()
    {
        _source.Create("k");
        MigrationPackage toRoot = MigrationTests.Export(_source, _target.Destination(), ["k"], [_source.Approve("k", _target.Destination())]);
        MigrationPackage package = Export(_target, "k", "L-1");
        package = package with { Keys = [package.Keys[0] with { Blob = toRoot.Keys[0].Blob }] };
        Assert.Equal(PackageIntegrityFault.Altered, Scene.Fails<PackageIntegrityException>(_target, () => MigrationTests.Import(_target, package)).Fault);
        Assert.Equal("Destination+ k-", Words(Rehearse(_target, package)));
    }

    [Fact]
    public void Only_a_package_goes_to_an_endorsement_key()
    {
        Assert.Throws<ArgumentException>(() => KeyExchange.RequireStorageKey(Destination(_target, "L-1")));
        KeyExchange.RequireStorageKey(_target.Destination());
    }

    private void MakeFamily()
    {
        _source.Create("top", KeyRole.Storage);
        _source.Create("middle", KeyRole.Storage, parent: "top", movesWithParent: true);
        _source.Create("leaf", parent: "middle", movesWithParent: true);
        _source.Run(loader =>
        {
            using var vault = new KeyDataVault(loader);
            using var data = new KeyData(KeyDataType.Data, "a", "", (byte[])Content.Clone());
            vault.Put(loader.Store.Find("leaf")!.Require(), data, replace: false);
            return true;
        });
    }

    /// <summary>The endorsement key of a machine, by a certificate that is issued for it.</summary>
    private MigrationDestination Destination(Machine machine, string template)
    {
        TpmtPublic key = machine.Run(loader =>
        {
            TpmObject made = loader.Device.Execute(
                new CreatePrimary { PrimaryHandle = TpmHandle.Endorsement, InPublic = EndorsementTemplate.All.Single(t => t.Name == template).PublicArea }, TpmAuthorization.Empty);
            loader.Device.Flush(made.Handle);
            return made.PublicArea;
        });
        MigrationDestination destination = DestinationMaker.Make(EndorsementCertificate.Read(_authority.Issue(key.ToAsymmetric())), "b", []);
        Assert.True(DestinationExaminer.RequireApprovable(destination, [_authority.Root], acceptUnproven: false).IsProven);
        return destination;
    }

    private MigrationPackage Export(Machine machine, string name, string template) => Export(Destination(machine, template), name);

    private MigrationPackage Export(MigrationDestination destination, string name) => MigrationTests.Export(_source, destination, [name], [_source.Approve(name, destination)]);

    private static ImportRequest Again => new() { Trust = Trusted.Signer, Force = true };

    private static PackageFinding[] Rehearse(Machine machine, MigrationPackage package)
    {
        string[] before = Scene.Kept(machine);
        PackageFinding[] findings = machine.Run(loader => new PackageRehearsal(loader, new KeyPasswords()).Run(SignedText.Read(SignedText.Write(package))).ToArray());
        Assert.Equal(before, Scene.Kept(machine));
        return findings;
    }

    private static string Words(IEnumerable<PackageFinding> findings) =>
        string.Join(' ', findings.Select(f => (f.KeyName ?? f.Check.ToString()) + (f.Verdict switch { CheckVerdict.Passed => "+", CheckVerdict.Failed => "-", _ => "?" })));

    private static IEnumerable<TpmCc> Commands(RecordingTransport recording) => recording.Exchanges.Select(e => (TpmCc)((e.Command[8] << 8) | e.Command[9]));

    /// <summary>A list of commands in which another stands where TPM2_Rewrap does.</summary>
    private static byte[]? WithoutRewrap(byte[]? response)
    {
        const int capability = 11, first = 19;
        if (response is { Length: > first + 3 } && response[capability + 3] == (byte)TpmCap.Commands && response[first + 3] == unchecked((byte)TpmCc.Rewrap))
            response[first + 3] = unchecked((byte)TpmCc.Create);
        return response;
    }

    private static byte[] Get(Machine machine, string key) => machine.Run(loader =>
    {
        using var vault = new KeyDataVault(loader);
        return vault.Get(loader.Store.Find(key)!.Require(), "a").Content;
    });

    private static byte[] Flip(byte[] bytes)
    {
        byte[] other = (byte[])bytes.Clone();
        other[^5] ^= 1;
        return other;
    }
}
