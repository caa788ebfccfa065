using System;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Packages;
using TpmMigration.Authority.Contract;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using Xunit;

namespace TpmMigration.Tests.Authority;

/// <summary>The contract is the file in schemas/, and other people's tools work from it alone.</summary>
public sealed class ForeignClientTests(Service service) : IClassFixture<Service>
{
    // The system's own, for which Debian's packages are.
    private const string Python = "/usr/bin/python3";

    private static readonly string WsdlPath = Path.Combine(RepositoryFolder.Path, "schemas", "MigrationService.wsdl");

    [Theory]
    [InlineData("Soap11")]
    [InlineData("Soap12")]
    public void A_client_made_from_the_WSDL_alone_authenticates_uploads_queries_and_deletes(string port)
    {
        using var folder = new TemporaryFolder("tpm-ma-zeep-");
        void Put(string name, byte[] content) => File.WriteAllBytes(folder[name], content);
        byte[] Got(string name) => File.ReadAllBytes(folder[name]);
        string Zeep(string step) => ToolRunner.Run(Python, Path.Combine(AppContext.BaseDirectory, "Clients", "zeep_client.py"), service.Authority.Address.ToString(), port, step, folder.FullPath);
        Put("ek.crt", service.Machine.Certificates[0]);
        Put("issuer.crt", service.Machine.Certificates[1]);
        Put("ak.pub", service.Machine.AttestationArea.Marshal());
        Zeep("begin");

        ChallengeAnswer answer = service.Machine.Answer(new XElement("Answer", new[] { "Challenge", "CredentialBlob", "EncryptedSecret", "Nonce" }.Select(name => SoapClient.Part(name, Got(name)))));
        Put("secret", answer.Secret);
        Put("storage.pub", answer.StorageKey.Marshal());
        Put("statement", answer.Statement);
        Put("signature", answer.Signature.Marshal());
        Put("package.xml", service.Machine.Export(AuthorityKeyDocument.Read(Encoding.UTF8.GetString(Got("key.xml"))).ToDestination()));
        JsonElement told = JsonSerializer.Deserialize<JsonElement>(Zeep("finish"));

        string id = Assert.Single(told.GetProperty("entries").EnumerateArray()).GetString()!;
        Assert.Equal(("Example MA", false, true), (told.GetProperty("name").GetString(), told.GetProperty("stored").GetBoolean(), told.GetProperty("again").GetBoolean()));
        Assert.Equal(("ChallengeUsed", "PackageNotFound", id, 0), (
            told.GetProperty("replay").GetString(), told.GetProperty("refused").GetString(), told.GetProperty("deleted").GetString(), told.GetProperty("left").GetInt32()));
        using var downloaded = new MemoryStream(Got("downloaded.xml"));
        Assert.Equal(id, PackageReader.Read(downloaded).Id.ToString());
    }

    [Fact]
    public void A_client_that_gSOAP_compiled_from_the_WSDL_has_all_operations_and_calls_them()
    {
        using var folder = new TemporaryFolder("tpm-ma-gsoap-");
        string header = folder["service.h"];
        ToolRunner.Run("wsdl2h", "-c++11", "-o", header, WsdlPath);
        ToolRunner.Run("soapcpp2", "-c++11", "-j", "-C", "-I/usr/share/gsoap/import", "-d", folder.FullPath, header);
        string proxy = folder["soapMigrationServiceSoap11Proxy.cpp"], stubs = File.ReadAllText(proxy), client = folder["client"];
        Assert.All(Enum.GetNames<MigrationOperation>(), operation => Assert.Contains($"urn:tpm-migration:service:1/{operation}\"", stubs, StringComparison.Ordinal));
        string source = Path.Combine(AppContext.BaseDirectory, "Clients", "gsoap_client.cpp");
        ToolRunner.Run("g++", "-std=c++11", "-O0", "-w", "-I", folder.FullPath, "-o", client, source, folder["soapC.cpp"], proxy, "-lgsoap++");
        int size = ClientMachine.Bytes(service.Client.Call("GetMAKey"), "Document").Length;
        Assert.Equal(["Example MA", size.ToString(System.Globalization.CultureInfo.InvariantCulture), "TokenInvalid"], ToolRunner.Run(client, service.Authority.Address.ToString()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task The_service_tells_its_contract_with_its_own_address_and_nothing_else_changed()
    {
        using var http = new HttpClient();
        string served = await http.GetStringAsync(new Uri(service.Authority.Address, "?wsdl"));
        Assert.Equal(File.ReadAllText(WsdlPath).Replace("https://localhost:8443/", service.Authority.Address.ToString(), StringComparison.Ordinal), served);
        using HttpResponseMessage other = await http.GetAsync(new Uri(service.Authority.Address, "?what"));
        Assert.Equal(404, (int)other.StatusCode);
    }

    [Fact]
    public void The_codes_and_operations_of_the_contract_are_those_of_the_program()
    {
        XNamespace xs = "http://www.w3.org/2001/XMLSchema", wsdl = "http://schemas.xmlsoap.org/wsdl/";
        XElement contract = XElement.Load(WsdlPath);
        Assert.Equal(
            contract.Descendants(xs + "simpleType").Single(t => (string?)t.Attribute("name") == "FaultCode").Descendants(xs + "enumeration").Select(e => (string)e.Attribute("value")!),
            Enum.GetNames<AuthorityFault>());
        Assert.Equal(contract.Element(wsdl + "portType")!.Elements(wsdl + "operation").Select(e => (string)e.Attribute("name")!), Enum.GetNames<MigrationOperation>());
        string page = File.ReadAllText(Path.Combine(RepositoryFolder.Path, "docs", "authority.md"));
        Assert.All(Enum.GetNames<AuthorityFault>(), fault => Assert.Contains($"`{fault}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_key_of_the_authority_holds_against_its_schema_and_its_certificate_for_other_tools()
    {
        using var folder = new TemporaryFolder("tpm-ma-key-");
        File.WriteAllBytes(folder["key.xml"], ClientMachine.Bytes(service.Client.Call("GetMAKey"), "Document"));
        ToolRunner.Run("xmllint", "--noout", "--nonet", "--schema", Path.Combine(RepositoryFolder.Path, "schemas", "MigrationAuthorityKey.xsd"), folder["key.xml"]);
        ToolRunner.Run("xmlsec1", "--verify", "--enabled-key-data", "x509", "--trusted-pem", service.Authority.Directory.SigningCertificatePath, folder["key.xml"]);
    }
}
