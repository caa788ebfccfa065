using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Authority.Hosting;
using TpmMigration.Authority.Release;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>The rules of release, each by what a client can send to the running service.</summary>
public abstract class ReleaseTests : IDisposable
{
    private readonly Service _service;
    private readonly ClientMachine _new;
    private readonly MigrationDestination _destination;
    private readonly byte[] _oldToken, _newToken;
    private readonly Msa _msa = new(), _other = new();

    protected ReleaseTests(Service service, Replacement replacement)
    {
        (_service, _new) = (service, replacement.Machine);
        _destination = _new.Machine.Destination();
        (_oldToken, _newToken) = (service.Machine.Authenticate(service.Client), _new.Authenticate(service.Client));
    }

    private SoapClient Client => _service.Client;

    private ClientMachine Old => _service.Machine;

    [Fact]
    public void A_package_goes_back_to_the_TPM_that_it_came_from()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination));
        XElement? answer = null;
        JsonElement record = Assert.Single(_service.Audited(() => answer = Client.Call("Download", Part("Token", _oldToken), Part("PackageId", package.Id))));
        Assert.Contains("back to where it came from", record.GetProperty("detail").GetString(), StringComparison.Ordinal);
        MigrationPackage released = Released(answer!);
        Assert.Equal((package.Id, true), (released.Id, Assert.Single(released.Rewraps).IsReturn));
        Assert.Equal(_service.Key.Signature!.Signer.Fingerprint, released.Signature!.Signer.Fingerprint);
        Forget(Old, package);
        Assert.Equal(package.Keys[0].PublicArea.Name, Assert.Single(Import(Old, released)).PublicArea().Name);
    }

    [Fact]
    public void A_package_goes_back_to_the_endorsement_key_too()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination));
        MigrationPackage released = Released(Client.Call("Download", Part("Token", _oldToken), Part("PackageId", package.Id), Part("ToEndorsementKey", true)));
        Assert.Equal(PackageDestinationKind.EndorsementKey, released.Destination.Kind);
        Forget(Old, package);
        Assert.Single(Import(Old, released));
    }

    [Fact]
    public void A_CMK_goes_where_an_authority_in_its_policy_approves()
    {
        MigrationPackage package = Upload(Old.CertifiablePackage(_service.Destination, 1, _msa, _other));
        AssertNotFound(package);
        AssertNotFound(package, _msa.Decide(Old.Machine.Destination()));
        MigrationPackage released = Download(package, _other.Decide(_destination));
        Assert.False(Assert.Single(released.Rewraps).IsReturn);
        Assert.Equal(_destination.Parent.Name, released.Destination.Parent.Name);
        Assert.Equal(package.Keys[0].PublicArea.Name, Assert.Single(Import(_new, released)).PublicArea().Name);
    }

    [Fact]
    public void A_CMK_of_a_quorum_asks_for_as_many_who_name_it()
    {
        MigrationPackage package = Upload(Old.CertifiablePackage(_service.Destination, 2, _msa, _other));
        SelectedKey key = KeyOf(package);
        Refused("ReleaseNotApproved", package, _msa.Decide(_destination, key));
        Refused("ReleaseNotApproved", package, _msa.Decide(_destination, key), _msa.Decide(_destination, key));
        Refused("ReleaseNotApproved", package, _msa.Decide(_destination), _other.Decide(_destination));
        Assert.Single(Import(_new, Download(package, _msa.Decide(_destination, key), _other.Decide(_destination, key))));
    }

    [Fact]
    public void An_MK_goes_where_a_release_authority_of_its_package_approves()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination, _msa));
        using var stranger = new Msa();
        AssertNotFound(package);
        AssertNotFound(package, stranger.Decide(_destination, KeyOf(package)));
        MigrationPackage released = Download(package, _msa.Decide(_destination, KeyOf(package)), stranger.Decide(_destination));
        Assert.Single(Import(_new, released));
    }

    [Fact]
    public void An_MK_whose_package_names_no_release_authority_goes_nowhere_else()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination));
        AssertNotFound(package, _msa.Decide(_destination, KeyOf(package)), _msa.Decide(_destination));
    }

    [Fact]
    public void Approvals_for_another_key_or_destination_are_none()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination, _msa));
        AssertNotFound(package, _msa.Decide(_destination, new SelectedKey("another", [.. package.Keys[0].PublicArea.Name[..^1], (byte)~package.Keys[0].PublicArea.Name[^1]])));
        AssertNotFound(package, _msa.Decide(_new.Machine.Destination() with { Parent = Old.EndorsementArea }, KeyOf(package)));
        // The endorsement key is another destination than the storage key.
        Client.Refused("PackageNotFound", "Download", Ask(_newToken, package, [_msa.Decide(_destination)], Part("ToEndorsementKey", true)));
    }

    [Fact]
    public void Approvals_that_are_over_or_not_valid_yet_are_refused()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination, _msa));
        DateTime now = StoredKeys.Now();
        Refused("ApprovalExpired", package, _msa.Decide(_destination, until: now.AddSeconds(-5), from: now.AddMinutes(-5)));
        Refused("ApprovalExpired", package, _msa.Decide(_destination, from: now.AddHours(1), until: now.AddHours(2)));
    }

    [Fact]
    public void A_denial_goes_before_an_approval()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination, _msa));
        SelectionApproval approval = _msa.Decide(_destination, KeyOf(package)), denial = _msa.Decide(_destination, decision: SelectionDecision.Denied);
        Refused("ReleaseDenied", package, approval, denial);
        // One that is registered counts though the client does not bring it.
        Do(transaction => ApprovalRegister.Add(transaction, denial, "operator", DateTime.UtcNow));
        Refused("ReleaseDenied", package, approval);
    }

    [Fact]
    public void An_approval_that_is_registered_counts_as_one_in_the_message()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination, _msa));
        Do(transaction => ApprovalRegister.Add(transaction, _msa.Decide(_destination, KeyOf(package)), "operator", DateTime.UtcNow));
        Assert.Single(Import(_new, Download(package)));
    }

    [Fact]
    public void An_approval_that_holds_once_is_used_once_and_a_lost_answer_is_given_again()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination, _msa)), second = Upload(Old.Package(_service.Destination, _msa));
        SelectionApproval once = _msa.Decide(_destination, singleUse: true);
        Download(package, once);
        Download(package, once);
        Refused("ApprovalUsed", second, once);
        byte[] later = _new.Authenticate(Client);
        _service.AssertAudited("Download", "ApprovalUsed", () => Client.Refused("ApprovalUsed", "Download", Ask(later, package, [once])));
    }

    [Fact]
    public void What_is_no_approval_or_was_altered_is_refused()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination, _msa));
        byte[] altered = ApprovalDocument.ToBytes(_msa.Decide(_destination));
        altered[Array.IndexOf(altered, (byte)'2')] = (byte)'3';
        foreach (byte[] document in new[] { altered, [1, 2, 3], ApprovalDocument.ToBytes(Old.Machine.Approve(package.Keys[0].Name, _destination)) })
            Client.Refused("ApprovalRefused", "Download", Part("Token", _newToken), Part("PackageId", package.Id), Part("Client", Hex.Format(Old.EndorsementArea.Name)), Part("Approval", document));
    }

    [Fact]
    public void Approvals_of_authorities_that_are_not_honoured_here_do_not_count()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination, _msa));
        SelectionAuthority honoured = _other.Authority;
        Do(transaction => TrustList.Add(transaction, new TrustedEndorsement(
            TrustedKind.SelectionAuthority, honoured.TpmName, honoured.Description, honoured.Certificate!, DateTime.UtcNow, "operator", "tests")));
        try
        {
            Refused("AuthorityNotHonoured", package, _msa.Decide(_destination));
            Assert.Equal(Hex.Format(honoured.TpmName), Client.Call("GetMAServiceInformation").Element(Ns + "SelectionAuthority")!.Element(Ns + "Name")!.Value);
        }
        finally
        {
            Do(transaction => TrustList.Remove(transaction, honoured.TpmName));
        }
        Download(package, _msa.Decide(_destination));
    }

    [Fact]
    public void A_package_that_is_held_or_was_deleted_is_not_released()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination, _msa));
        Do(transaction => transaction.Execute("UPDATE package SET held = 1, hold_reason = 'under investigation' WHERE id = @id", ("id", package.Id.ToString("D"))));
        Refused("PackageHeld", package, _msa.Decide(_destination));
        _service.AssertAudited("Download", "PackageHeld", () => Client.Refused("PackageHeld", "Download", Part("Token", _oldToken), Part("PackageId", package.Id)));
        AssertNotFound(package);
        Client.Call("Delete", Part("Token", _oldToken), Part("PackageId", package.Id));
        AssertNotFound(package, _msa.Decide(_destination));
    }

    [Theory]
    [InlineData("UPDATE package SET returnable = 1 - returnable WHERE id = @id")]
    [InlineData("UPDATE package SET received = received + 1 WHERE id = @id")]
    [InlineData("UPDATE package_content SET content = @other WHERE id = @id")]
    [InlineData("UPDATE package_content SET seal = @other WHERE id = @id")]
    public void A_package_that_was_changed_in_the_database_is_not_released(string sql)
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination, _msa));
        Do(transaction => transaction.Execute(sql, ("id", package.Id.ToString("D")), ("other", new byte[] { 0 })));
        _service.AssertAudited("Download", "PackageAltered", () => Client.Refused("PackageAltered", "Download", Part("Token", _oldToken), Part("PackageId", package.Id)));
    }

    [Fact]
    public void A_package_of_one_client_that_is_put_under_another_in_the_database_is_not_released()
    {
        MigrationPackage package = Upload(Old.Package(_service.Destination, _msa));
        foreach (string table in new[] { "package", "package_content" })
            Do(transaction => transaction.Execute($"UPDATE {table} SET client = @client WHERE id = @id", ("client", _new.EndorsementArea.Name), ("id", package.Id.ToString("D"))));
        Client.Refused("PackageAltered", "Download", Part("Token", _newToken), Part("PackageId", package.Id));
    }

    [Fact]
    public void Whoever_came_by_a_package_does_not_get_its_keys_by_packages_of_their_own()
    {
        MigrationPackage stolen = Old.Package(_service.Destination), own = _new.Package(_service.Destination, _msa);
        // The thief's own signer, source, approvals and release authority, and the stolen key.
        MigrationPackage forged = own with { Keys = [own.Keys[0] with { PublicArea = stolen.Keys[0].PublicArea, Policy = stolen.Keys[0].Policy, Blob = stolen.Keys[0].Blob }], Approvals = stolen.Approvals, Source = stolen.Source };
        Refuse(forged);
        Refuse(forged with { Keys = [forged.Keys[0] with { Possession = stolen.Keys[0].Possession }] });
        Refuse(forged with { Id = stolen.Id, Keys = [forged.Keys[0] with { Possession = stolen.Keys[0].Possession }] });
        Refuse(forged with { Keys = [forged.Keys[0] with { Possession = null }] });

        void Refuse(MigrationPackage package) => _service.AssertAudited("Upload", "PackageUnproven", () =>
            Client.Refused("PackageUnproven", "Upload", Part("Token", _newToken), Part("Package", _new.Sign(package))));
    }

    [Fact]
    public void A_CMK_that_its_source_did_not_prove_is_taken_and_goes_by_approvals_alone()
    {
        MigrationPackage package = Old.CertifiablePackage(_service.Destination, 1, _msa);
        Upload(package = package with { Keys = [package.Keys[0] with { Possession = null }] });
        Client.Refused("ReleaseNotApproved", "Download", Part("Token", _oldToken), Part("PackageId", package.Id));
        Download(package, _msa.Decide(_destination));
    }

    [Fact]
    public void Packages_are_found_by_approvals_for_the_caller_and_by_nothing_else()
    {
        MigrationPackage one = Upload(Old.Package(_service.Destination, _msa)), two = Upload(Old.CertifiablePackage(_service.Destination, 1, _msa)), third = Upload(Old.Package(_service.Destination, _other));
        Assert.Equal(Ids(one, two), Found(_newToken, _msa.Decide(_destination)));
        Assert.Equal(Ids(one), Found(_newToken, _msa.Decide(_destination, KeyOf(one)), _msa.Decide(_destination, KeyOf(third))));
        Assert.Equal(Ids(one, two, third), Found(_newToken, _msa.Decide(_destination), _other.Decide(_destination)));
        Assert.Empty(Found(_newToken, _msa.Decide(Old.Machine.Destination())));
        Assert.Empty(Found(_oldToken, _msa.Decide(_destination)));
        Assert.Empty(Found(_newToken, _msa.Decide(_destination, decision: SelectionDecision.Denied)));
        Assert.Empty(Found(_newToken));
        Client.Refused("ApprovalRefused", "Query", Part("Token", _newToken), Part("Approved", true), Part("Approval", new byte[] { 1 }));
    }

    [Fact]
    public void The_identity_certificate_is_for_the_attestation_key_and_of_this_authority()
    {
        XElement answer = Client.Call("CompleteAuthentication", _new.Answer(Client.Call("Authenticate", _new.Hello())).Parts());
        byte[][] certificates = [.. answer.Elements(Ns + "IdentityCertificate").Select(e => Convert.FromBase64String(e.Value))];
        using var folder = new TemporaryFolder("tpm-ma-identity-");
        File.WriteAllText(folder["identity.pem"], CertificateText.ToPem(certificates[0]));
        File.WriteAllText(folder["issuer.pem"], CertificateText.ToPem(certificates[1]));
        Assert.Equal(File.ReadAllText(_service.Authority.Directory.SigningCertificatePath).Trim(), File.ReadAllText(folder["issuer.pem"]).Trim());
        Assert.Contains("OK", ToolRunner.Run("openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile", folder["issuer.pem"], folder["identity.pem"]), StringComparison.Ordinal);
        string text = ToolRunner.Run("openssl", "x509", "-in", folder["identity.pem"], "-noout", "-text");
        Assert.Contains("URI:urn:tpm-migration:client:" + Hex.Format(_new.EndorsementArea.Name), text, StringComparison.Ordinal);
        Assert.Contains("2.23.133.8.3", text, StringComparison.Ordinal);
        using X509Certificate2 identity = X509CertificateLoader.LoadCertificate(certificates[0]);
        using ECDsa key = identity.GetECDsaPublicKey()!;
        var attestation = Assert.IsType<EccPublic>(_new.AttestationArea.ToAsymmetric());
        ECPoint point = key.ExportParameters(false).Q;
        Assert.Equal((Hex.Format(attestation.X), Hex.Format(attestation.Y)), (Hex.Format(point.X!), Hex.Format(point.Y!)));
    }

    public void Dispose()
    {
        // Each test has authorities of its own; their denials and approvals must not be in another's way.
        Do(transaction => transaction.Execute("DELETE FROM approval"));
        _msa.Dispose();
        _other.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Do(Func<VaultTransaction, object> work)
    {
        using VaultDatabase database = OpenAuthority.OpenDatabase(_service.Authority.Directory);
        database.Write(work);
    }

    private void Do(Func<VaultTransaction, bool> work) => Do(transaction => (object)work(transaction));

    private void Do(Func<VaultTransaction, int> work) => Do(transaction => (object)work(transaction));

    private MigrationPackage Upload(MigrationPackage package)
    {
        Client.Call("Upload", Part("Token", _oldToken), Part("Package", Old.Sign(package)));
        return package;
    }

    /// <summary>The store of the source is lost.</summary>
    internal static void Forget(ClientMachine machine, MigrationPackage package) => machine.Machine.Run(loader =>
    {
        using var passwords = new KeyPasswords();
        KeyRemover.Remove(loader, [package.Keys[0].Name], passwords);
        return 0;
    });

    private static SelectedKey KeyOf(MigrationPackage package) => new(package.Keys[0].Name, package.Keys[0].PublicArea.Name);

    private object?[] Ask(byte[] token, MigrationPackage package, SelectionApproval[] approvals, params object?[] more) =>
    [
        Part("Token", token), Part("PackageId", package.Id), Part("Client", Hex.Format(Old.EndorsementArea.Name)), .. more,
        .. approvals.Select(approval => Part("Approval", ApprovalDocument.ToBytes(approval))),
    ];

    private MigrationPackage Download(MigrationPackage package, params SelectionApproval[] approvals) => Released(Client.Call("Download", Ask(_newToken, package, approvals)));

    private void Refused(string fault, MigrationPackage package, params SelectionApproval[] approvals) =>
        _service.AssertAudited("Download", fault, () => Client.Refused(fault, "Download", Ask(_newToken, package, approvals)));

    /// <summary>Who has nothing that bears on it is not told that it is there.</summary>
    private void AssertNotFound(MigrationPackage package, params SelectionApproval[] approvals)
    {
        string there = Client.Refused("PackageNotFound", "Download", Ask(_newToken, package, approvals)).Text;
        Assert.Equal(there, Client.Refused("PackageNotFound", "Download", Ask(_newToken, package with { Id = Guid.NewGuid() }, approvals)).Text);
    }

    private string[] Found(byte[] token, params SelectionApproval[] approvals) =>
    [
        .. Client.Call("Query", [Part("Token", token), Part("Approved", true), .. approvals.Select(approval => Part("Approval", ApprovalDocument.ToBytes(approval)))])
            .Elements(Ns + "Entry").Select(entry => entry.Element(Ns + "PackageId")!.Value),
    ];

    private static string[] Ids(params MigrationPackage[] packages) => [.. packages.Select(package => package.Id.ToString("D")).Order(StringComparer.Ordinal)];

    internal static MigrationPackage Released(XElement answer)
    {
        using var content = new MemoryStream(ClientMachine.Bytes(answer, "Package"));
        MigrationPackage package = PackageReader.Read(content);
        PackageApprovals.Check(package);
        return package;
    }

    internal static IReadOnlyList<StoredKey> Import(ClientMachine machine, MigrationPackage package) => machine.Machine.Run(loader =>
    {
        using var passwords = new KeyPasswords();
        return new PackageImporter(loader, new ImportRequest { Trust = new TrustVerdict(TrustStanding.Trusted, null, "Registered.") }, passwords).Import(package);
    });

    /// <summary>The machine that keys are to go to.</summary>
    public sealed class Replacement : IDisposable
    {
        internal ClientMachine Machine { get; } = new();

        public void Dispose() => Machine.Dispose();
    }
}

public sealed class SqliteReleaseTests(Service service, ReleaseTests.Replacement replacement)
    : ReleaseTests(service, replacement), IClassFixture<Service>, IClassFixture<ReleaseTests.Replacement>;

public sealed class PostgresReleaseTests(PostgresService service, ReleaseTests.Replacement replacement)
    : ReleaseTests(service, replacement), IClassFixture<PostgresService>, IClassFixture<ReleaseTests.Replacement>;
