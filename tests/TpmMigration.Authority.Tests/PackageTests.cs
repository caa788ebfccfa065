using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Packages;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>What is stored: whole packages of the client's own, for this authority. What is stored stays as it came, and is the client's alone.</summary>
public abstract class PackageTests(Service service)
{
    private readonly byte[] _token = service.Machine.Authenticate(service.Client);

    private SoapClient Client => service.Client;

    private ClientMachine Machine => service.Machine;

    [Fact]
    public void A_package_is_stored_once_however_often_it_comes()
    {
        MigrationPackage package = Machine.Package(service.Destination);
        byte[] content = Machine.Sign(package);
        XElement? stored = null;
        service.AssertAudited("Upload", "Success", () => stored = Upload(content));
        Assert.Equal(package.Id.ToString(), stored!.Element(Ns + "PackageId")!.Value);
        Assert.Equal(Hex.Format(SHA256.HashData(content)), stored.Element(Ns + "Digest")!.Value);
        Assert.Equal("false", stored.Element(Ns + "AlreadyStored")!.Value);

        Assert.Empty(service.Audited(() => Assert.Equal("true", Upload(content).Element(Ns + "AlreadyStored")!.Value)));
        XElement entry = Assert.Single(Query(("PackageId", package.Id)).Elements(Ns + "Entry"));
        Assert.Equal(("1", content.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), "Migrate"), (entry.Element(Ns + "Keys")!.Value, entry.Element(Ns + "Size")!.Value, entry.Element(Ns + "Purpose")!.Value));
    }

    [Fact]
    public void Another_package_of_the_same_id_is_refused_and_the_first_stays()
    {
        MigrationPackage package = Machine.Package(service.Destination);
        byte[] content = Machine.Sign(package);
        Upload(content);
        byte[] other = Machine.Sign(package with { Source = package.Source with { HostName = "elsewhere" } });
        service.AssertAudited("Upload", "PackageConflict", () => Refused("PackageConflict", other));
        Assert.Equal(Hex.Format(SHA256.HashData(content)), Assert.Single(Query(("PackageId", package.Id)).Elements(Ns + "Entry")).Element(Ns + "Digest")!.Value);
    }

    [Fact]
    public void Nothing_is_stored_without_a_token()
    {
        byte[] content = Machine.Export(service.Destination);
        service.AssertAudited("Upload", "TokenInvalid", () => Client.Refused("TokenInvalid", "Upload", Part("Token", new byte[60]), Part("Package", content)));
        Client.Refused("Malformed", "Upload", Part("Package", content));
    }

    [Fact]
    public void A_package_for_another_key_is_refused()
    {
        MigrationDestination itself = Machine.Machine.Destination();
        service.AssertAudited("Upload", "PackageNotForThisAuthority", () => Refused("PackageNotForThisAuthority", Machine.Export(itself)));
    }

    [Fact]
    public void A_package_that_was_altered_malformed_or_cut_off_is_refused()
    {
        byte[] content = Machine.Export(service.Destination);
        string text = Encoding.UTF8.GetString(content);
        service.AssertAudited("Upload", "PackageSignatureRefused", () => Refused("PackageSignatureRefused", text.Replace("keyName=\"key", "keyName=\"kez", StringComparison.Ordinal)));
        service.AssertAudited("Upload", "PackageMalformed", () => Refused("PackageMalformed", text[..^100]));
        Refused("PackageMalformed", "<!DOCTYPE a>" + text[text.IndexOf("<MigrationPackage", StringComparison.Ordinal)..]);
        Refused("PackageMalformed", "no package");
        Refused("PackageMalformed", text.Replace("version=\"1\"", "version=\"2\"", StringComparison.Ordinal));
        int start = text.IndexOf("<Signature ", StringComparison.Ordinal), end = text.LastIndexOf("</Signature>", StringComparison.Ordinal) + "</Signature>".Length;
        Refused("PackageSignatureRefused", text.Remove(start, end - start));
    }

    [Fact]
    public void A_package_whose_parts_do_not_belong_together_is_refused_though_its_signature_holds()
    {
        MigrationPackage package = Machine.Package(service.Destination), other = Machine.Package(service.Destination);
        service.AssertAudited("Upload", "PackageAltered", () =>
            Refused("PackageAltered", Machine.Sign(package with { Keys = [package.Keys[0] with { Blob = other.Keys[0].Blob }] })));
        Refused("PackageAltered", Machine.Sign(package with { Keys = [package.Keys[0] with { Policy = [[package.Keys[0].Policy[0][0]]] }] }));
        // Where the policy is not told, nobody can tell who had to approve.
        PackageKey untold = package.Keys[0] with { Policy = [], PublicArea = Foreign.WithPolicy(package.Keys[0].PublicArea, new byte[32]) };
        Refused("PackageApprovalRefused", Machine.Sign(package with { Keys = [untold], Approvals = [] }));
        service.AssertAudited("Upload", "PackageApprovalRefused", () => Refused("PackageApprovalRefused", Machine.Sign(package with { Approvals = [] })));
        Refused("PackageApprovalRefused", Machine.Sign(package with { Approvals = other.Approvals }));
        Assert.Empty(Query(("PackageId", package.Id)).Elements(Ns + "Entry"));
    }

    [Fact]
    public void A_package_that_somebody_else_signed_is_refused_and_one_that_somebody_else_carries_is_not_theirs()
    {
        using var thief = new ClientMachine();
        MigrationPackage package = Machine.Package(service.Destination);
        service.AssertAudited("Upload", "PackageSignerRefused", () => Refused("PackageSignerRefused", thief.Sign(package)));
        Refused("PackageSignerRefused", Machine.Sign(package, _ => new Foreign()));
        byte[] token = thief.Authenticate(Client);
        // Known now, and still the keys were not in that TPM.
        service.AssertAudited("Upload", "PackageUnproven", () => Refused("PackageUnproven", thief.Sign(package)));
        // Whoever carries a package, it is its source's.
        Client.Call("Upload", Part("Token", token), Part("Package", Machine.Sign(package)));
        Assert.Empty(Page(token).Elements(Ns + "Entry"));
        Client.Refused("PackageNotFound", "Delete", Part("Token", token), Part("PackageId", package.Id));
        Client.Refused("PackageNotFound", "Download", Part("Token", token), Part("PackageId", package.Id));
        Assert.Single(Query(("PackageId", package.Id)).Elements(Ns + "Entry"));
    }

    [Fact]
    public void A_package_or_a_message_that_is_too_large_is_refused()
    {
        byte[] large = new byte[Service.MostPackageBytes + 1];
        Array.Fill(large, (byte)' ');
        service.AssertAudited("Upload", "PackageTooLarge", () => Refused("PackageTooLarge", large));
        service.AssertAudited("Upload", "TooLarge", () => Refused("TooLarge", new byte[4 * Service.MostPackageBytes]));
    }

    [Fact]
    public void Packages_are_told_in_pages_of_their_ids()
    {
        var ids = new List<string>();
        MigrationPackage package = Machine.Package(service.Destination);
        foreach (byte[] content in Machine.Sign(Machine.Again(package, 5)))
            ids.Add(Upload(content).Element(Ns + "PackageId")!.Value);
        var told = new List<string>();
        XElement page = Query(("Most", 2));
        for (; ; page = Query(("After", page.Element(Ns + "Next")!.Value), ("Most", 2)))
        {
            Assert.InRange(page.Elements(Ns + "Entry").Count(), 1, 2);
            told.AddRange(page.Elements(Ns + "Entry").Select(e => e.Element(Ns + "PackageId")!.Value));
            if (page.Element(Ns + "Next") == null) break;
        }
        Assert.Equal(told.Order(StringComparer.Ordinal), told);
        Assert.Empty(ids.Except(told));
        foreach (object wrong in new object[] { 0, -1, "many", 99999999999 }) Client.Refused("Malformed", "Query", Part("Token", _token), Part("Most", wrong));
        Client.Refused("Malformed", "Query", Part("Token", _token), Part("PackageId", package.Id.ToString().ToUpperInvariant()));
    }

    [Fact]
    public void A_package_that_was_deleted_stays_so_and_its_id_is_not_used_again()
    {
        byte[] content = Machine.Export(service.Destination);
        string id = Upload(content).Element(Ns + "PackageId")!.Value;
        XElement? deleted = null;
        service.AssertAudited("Delete", "Success", () => deleted = Client.Call("Delete", Part("Token", _token), Part("PackageId", id)));
        Assert.Equal(deleted!.Element(Ns + "Deleted")!.Value, Client.Call("Delete", Part("Token", _token), Part("PackageId", id)).Element(Ns + "Deleted")!.Value);
        Assert.Empty(Query(("PackageId", id)).Elements(Ns + "Entry"));
        service.AssertAudited("Upload", "PackageDeleted", () => Refused("PackageDeleted", content));
        Client.Refused("PackageDeleted", "Download", Part("Token", _token), Part("PackageId", id));
        service.AssertAudited("Delete", "PackageNotFound", () => Client.Refused("PackageNotFound", "Delete", Part("Token", _token), Part("PackageId", Guid.NewGuid())));
    }

    private XElement Upload(byte[] content) => Client.Call("Upload", Part("Token", _token), Part("Package", content));

    private void Refused(string fault, byte[] content) => Client.Refused(fault, "Upload", Part("Token", _token), Part("Package", content));

    private void Refused(string fault, string content) => Refused(fault, Encoding.UTF8.GetBytes(content));

    private XElement Query(params (string Name, object Value)[] parts) => Page(_token, parts);

    private XElement Page(byte[] token, params (string Name, object Value)[] parts) =>
        Client.Call("Query", [Part("Token", token), .. parts.Select(part => (object?)Part(part.Name, part.Value))]);
}

public sealed class SqlitePackageTests(Service service) : PackageTests(service), IClassFixture<Service>;

public sealed class PostgresPackageTests(PostgresService service) : PackageTests(service), IClassFixture<PostgresService>;
