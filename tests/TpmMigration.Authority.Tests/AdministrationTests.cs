using System;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Authority.Hosting;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>What the operator does to clients and packages, by commands and over the network, and what it does to a service that runs.</summary>
public sealed class AdministrationTests(AdministrationScene scene) : IClassFixture<AdministrationScene>
{
    private static readonly object s_why = new { reason = "tests" };

    private AuthorityProcess Authority => scene.Authority;

    private SoapClient Client => scene.Client;

    private string Machine => Hex.Format(scene.Machine.EndorsementArea.Name);

    [Fact]
    public void A_client_that_is_blocked_is_refused_at_each_step_and_with_a_token_that_it_has()
    {
        byte[] token = scene.Machine.Authenticate(Client), package = scene.Machine.Export(scene.Destination);
        XElement challenge = Client.Call("Authenticate", scene.Machine.Hello());
        Authority.Do("client", "block", Machine, "--reason", "Stolen");
        try
        {
            Client.Refused("ClientBlocked", "Query", Part("Token", token));
            Client.Refused("ClientBlocked", "Upload", Part("Token", token), Part("Package", package));
            Client.Refused("ClientBlocked", "Download", Part("Token", token), Part("PackageId", Guid.NewGuid()));
            Client.Refused("ClientBlocked", "Delete", Part("Token", token), Part("PackageId", Guid.NewGuid()));
            Client.Refused("ClientBlocked", "CompleteAuthentication", scene.Machine.Answer(challenge).Parts());
            Client.Refused("ClientBlocked", "Authenticate", scene.Machine.Hello());
            OperationTests.AssertFails(Authority.Run("client", "block", Machine, "--reason", "Twice"), "blocked already");
            JsonElement shown = Json(Authority.Do("client", "list", "--blocked", "--json"));
            Assert.Equal((Machine, "Stolen"), (shown.GetProperty("name").GetString(), shown.GetProperty("blockReason").GetString()));
        }
        finally
        {
            Authority.Do("client", "unblock", Machine, "--reason", "Found");
        }
        Client.Call("Query", Part("Token", token));
        Client.Call("Upload", Part("Token", token), Part("Package", package));
        string trail = Authority.Do("audit", "show");
        foreach (string record in new[] { "ClientBlock Success", "ClientUnblock Success", "Upload ClientBlocked", "CompleteAuthentication ClientBlocked" }) Assert.Contains(record, trail, StringComparison.Ordinal);
        OperationTests.AssertFails(Authority.Run("client", "unblock", Machine, "--reason", "Twice"), "not blocked");
        OperationTests.AssertFails(Authority.Run("client", "show", "00ff"), "no client");
        OperationTests.AssertFails(Authority.Run("client", "block", "00ff", "--reason", "No name"), "TPM name");
        OperationTests.AssertFails(Authority.Run("client", "block", "zz", "--reason", "No name"), "hexadecimal");
        OperationTests.AssertFails(Authority.Run("client", "block", Machine), "--reason");
    }

    [Fact]
    public void A_package_is_shown_held_released_and_deleted()
    {
        byte[] token = scene.Machine.Authenticate(Client);
        string id = Client.Call("Upload", Part("Token", token), Part("Package", scene.Machine.Export(scene.Destination))).Element(Ns + "PackageId")!.Value;
        Assert.Contains(id, Authority.Do("package", "list"), StringComparison.Ordinal);
        Authority.Do("package", "hold", id, "--reason", "Under investigation");
        JsonElement held = Assert.Single(Authority.Do("package", "list", "--held", "--json", "--client", Machine).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Json));
        Assert.Equal((id, "Under investigation"), (held.GetProperty("id").GetString(), held.GetProperty("holdReason").GetString()));
        Client.Refused("PackageHeld", "Download", Part("Token", token), Part("PackageId", id));
        Assert.Equal("true", Client.Call("Query", Part("Token", token), Part("PackageId", id)).Element(Ns + "Entry")!.Element(Ns + "Held")!.Value);
        OperationTests.AssertFails(Authority.Run("package", "hold", id, "--reason", "Twice"), "held already");

        Authority.Do("package", "release", id, "--client", Machine, "--reason", "Cleared");
        Client.Call("Download", Part("Token", token), Part("PackageId", id));
        Authority.Do("package", "delete", id, "--reason", "The machine is gone");
        Client.Refused("PackageDeleted", "Download", Part("Token", token), Part("PackageId", id));
        OperationTests.AssertFails(Authority.Run("package", "show", id), "no package");
        OperationTests.AssertFails(Authority.Run("package", "show", "no id"), "no id");
    }

    [Fact]
    public void Approvals_are_checked_registered_shown_and_removed()
    {
        using var msa = new Msa();
        using var other = new Msa();
        byte[] Document(SelectionApproval approval) => ApprovalDocument.ToBytes(approval);
        string path = Authority["approval.xml"];
        File.WriteAllBytes(path, Document(msa.Decide(scene.Destination)));
        string digest = Json(Authority.Do("approval", "add", path, "--reason", "Ticket 5", "--json")).GetProperty("digest").GetString()!;
        OperationTests.AssertFails(Authority.Run("approval", "add", path, "--reason", "Twice"), "registered already");
        Assert.Contains(digest, Authority.Do("approval", "list"), StringComparison.Ordinal);
        Authority.Do("approval", "remove", digest, "--reason", "Taken back");
        Assert.Equal(string.Empty, Authority.Do("approval", "list"));
        Assert.Contains("ApprovalRemove Success", Authority.Do("audit", "show"), StringComparison.Ordinal);

        // What cannot count is refused, over the network as by the command.
        byte[] altered = Document(msa.Decide(scene.Destination));
        altered[Array.IndexOf(altered, (byte)'2')] = (byte)'3';
        DateTime now = TpmMigration.Keys.StoredKeys.Now();
        foreach (byte[] document in new[] { altered, [1], Document(msa.Decide(scene.Destination, from: now.AddHours(-2), until: now.AddHours(-1))) })
            Assert.Equal((400, "Invalid"), Refused(scene.Ask(scene.Approver, "admin/approvals", new { reason = "tests", document })));
        SelectionApproval approval = msa.Decide(scene.Destination);
        Assert.Equal(200, scene.Ask(scene.Approver, "admin/approvals", new { reason = "tests", document = Document(approval) }).Status);
        Assert.Equal((409, "Conflict"), Refused(scene.Ask(scene.Approver, "admin/approvals", new { reason = "tests", document = Document(approval) })));
        File.WriteAllBytes(Authority["msa.crt"], other.Authority.Certificate!);
        Authority.Do("trust", "add", Authority["msa.crt"], "--selection-authority", "--reason", "tests");
        Assert.Equal((400, "Invalid"), Refused(scene.Ask(scene.Approver, "admin/approvals", new { reason = "tests", document = Document(msa.Decide(scene.Destination)) })));
        // A denial counts whoever it is of.
        Assert.Equal(200, scene.Ask(scene.Approver, "admin/approvals", new { reason = "tests", document = Document(msa.Decide(scene.Destination, decision: SelectionDecision.Denied)) }).Status);
        Assert.Equal(2, scene.Ask(scene.Approver, "admin/approvals").Answer.GetProperty("approvals").GetArrayLength());
    }

    [Fact]
    public void Administrators_do_over_the_network_what_their_role_allows_and_nothing_else()
    {
        byte[] token = scene.Machine.Authenticate(Client);
        string id = Client.Call("Upload", Part("Token", token), Part("Package", scene.Machine.Export(scene.Destination))).Element(Ns + "PackageId")!.Value;
        X509Certificate2[] all = [scene.Operator, scene.Approver, scene.Auditor];
        (string Path, object? Order, X509Certificate2[] Roles)[] matrix =
        [
            ("admin/clients", null, [scene.Operator]),
            ($"admin/clients/{Machine}", null, [scene.Operator]),
            ($"admin/packages?client={Machine}&most=1", null, all),
            ($"admin/packages/{Machine}/{id}", null, all),
            ($"admin/packages/{Machine}/{id}/hold", s_why, [scene.Operator]),
            ($"admin/packages/{Machine}/{id}/release", s_why, [scene.Operator]),
            ("admin/approvals", null, [scene.Approver]),
            ("admin/audit?after=1&most=2", null, [scene.Auditor]),
            ("admin/audit/verify", null, [scene.Auditor]),
        ];
        using X509Certificate2 stranger = AdministrationScene.Certificate("CN=Operator");
        foreach ((string path, object? order, X509Certificate2[] roles) in matrix)
        {
            foreach (X509Certificate2 role in all.Except(roles)) Assert.Equal((403, "AdministratorRequired"), Refused(scene.Ask(role, path, order)));
            Assert.Equal((403, "AdministratorRequired"), Refused(scene.Ask(stranger, path, order)));
            Assert.Equal((403, "AdministratorRequired"), Refused(scene.Ask(null, path, order)));
            foreach (X509Certificate2 role in roles) Assert.Equal(200, scene.Ask(role, path, order).Status);
        }
        Assert.Equal(200, scene.Ask(scene.Operator, $"admin/clients/{Machine}/block", s_why).Status);
        Client.Refused("ClientBlocked", "Query", Part("Token", token));
        Assert.Equal(200, scene.Ask(scene.Operator, $"admin/clients/{Machine}/unblock", s_why).Status);

        JsonElement[] records = [.. scene.Ask(scene.Auditor, "admin/audit").Answer.GetProperty("records").EnumerateArray()];
        Assert.Equal(1, records[0].GetProperty("sequence").GetInt64());
        Assert.Contains(records, record => record.GetProperty("event").GetString() == "ClientBlock" && record.GetProperty("detail").GetString()!.Contains("Operator 'CN=Operator'", StringComparison.Ordinal));
        Assert.Contains(records, record => record.GetProperty("event").GetString() == "PackageHold" && record.GetProperty("outcome").GetString() == "AdministratorRequired");
        JsonElement verdict = scene.Ask(scene.Auditor, "admin/audit/verify").Answer;
        Assert.Equal(JsonValueKind.Null, verdict.GetProperty("problem").ValueKind);
        Assert.NotEqual(JsonValueKind.Null, scene.Ask(scene.Auditor, $"admin/audit/verify?head={new string('0', 64)}").Answer.GetProperty("problem").ValueKind);
    }

    [Fact]
    public void An_administrator_whose_certificate_is_over_or_was_removed_is_none()
    {
        using X509Certificate2 over = AdministrationScene.Certificate("CN=Over", days: -1), removed = AdministrationScene.Certificate("CN=Removed");
        File.WriteAllBytes(Authority["over.crt"], over.RawData);
        OperationTests.AssertFails(Authority.Run("admin", "add", Authority["over.crt"], "--role", "auditor", "--reason", "tests"), "is over");
        using (VaultDatabase database = OpenAuthority.OpenDatabase(Authority.Directory))
        {
            database.Write(transaction => AdministratorList.Add(transaction, new Administrator(
                TpmHash.Digest(TpmAlgId.Sha256, over.RawData), AdministratorRole.Auditor, "CN=Over", over.RawData, DateTime.UtcNow, "tests", "tests")));
        }
        Assert.Equal((403, "AdministratorRequired"), Refused(scene.Ask(over, "admin/audit")));

        File.WriteAllText(Authority["removed.crt"], removed.ExportCertificatePem());
        Authority.Do("admin", "add", Authority["removed.crt"], "--role", "auditor", "--reason", "tests");
        OperationTests.AssertFails(Authority.Run("admin", "add", Authority["removed.crt"], "--role", "operator", "--reason", "tests"), "already");
        Assert.Equal(200, scene.Ask(removed, "admin/audit").Status);
        string fingerprint = Hex.Format(TpmHash.Digest(TpmAlgId.Sha256, removed.RawData));
        Assert.Contains(fingerprint, Authority.Do("admin", "list"), StringComparison.Ordinal);
        Authority.Do("admin", "remove", fingerprint, "--reason", "tests");
        Assert.Equal((403, "AdministratorRequired"), Refused(scene.Ask(removed, "admin/audit")));
        OperationTests.AssertFails(Authority.Run("admin", "remove", fingerprint, "--reason", "tests"), "no administrator");
    }

    [Fact]
    public void An_administrator_sees_the_packages_of_all_clients_by_Query_without_a_token()
    {
        byte[] token = scene.Machine.Authenticate(Client);
        string id = Client.Call("Upload", Part("Token", token), Part("Package", scene.Machine.Export(scene.Destination))).Element(Ns + "PackageId")!.Value;
        using SoapClient auditor = scene.Soap(scene.Auditor);
        XElement entry = Assert.Single(auditor.Call("Query", Part("PackageId", id)).Elements(Ns + "Entry"));
        Assert.Equal(Machine, entry.Element(Ns + "Client")!.Value, ignoreCase: true);
        auditor.Refused("TokenInvalid", "Query", Part("Token", new byte[60]));
        auditor.Refused("Malformed", "Query", Part("Approved", true));
        auditor.Refused("Malformed", "Delete", Part("PackageId", id));
        Client.Refused("AdministratorRequired", "Query", Part("PackageId", id));
    }

    [Fact]
    public void Orders_that_are_none_change_nothing()
    {
        string path = $"admin/clients/{Machine}/block";
        foreach (string text in new[] { "", "{}", "[]", "{\"reason\": \"\"}", "{\"reason\": \"a\\nb\"}", "{\"reason\": \"a\", \"role\": \"Operator\"}", "{\"reason\": \"a\", \"reason\": \"b\"}", "{\"reason\": 1}", "no JSON" })
            Assert.Equal((400, "Invalid"), Refused(Send(text, "application/json")));
        // A web page makes a browser that holds the certificate send this, and nothing that says JSON.
        Assert.Equal((400, "Invalid"), Refused(Send("{\"reason\": \"forged\"}", "text/plain")));
        Assert.Equal((413, "TooLarge"), Refused(Send("{\"reason\": \"" + new string('a', 200_000) + "\"}", "application/json")));
        Assert.Equal((404, "NotFound"), Refused(scene.Ask(scene.Operator, "admin/clients/00ff")));
        Assert.Equal((400, "Invalid"), Refused(scene.Ask(scene.Operator, "admin/clients/xyz")));
        Assert.Equal((400, "Invalid"), Refused(scene.Ask(scene.Operator, "admin/clients?most=0")));
        Assert.Equal((400, "Invalid"), Refused(scene.Ask(scene.Auditor, "admin/audit?after=-1")));
        Assert.Empty(Authority.Do("client", "list", "--blocked"));

        (int, JsonElement) Send(string text, string type) => scene.Ask(scene.Operator, path, new StringContent(text, Encoding.UTF8, type));
    }

    private static (int Status, string? Code) Refused((int Status, JsonElement Answer) answer) => (answer.Status, answer.Answer.GetProperty("code").GetString());

    private static JsonElement Json(string line) => JsonSerializer.Deserialize<JsonElement>(line);
}
