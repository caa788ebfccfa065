using System;
using System.Linq;
using System.Threading.Tasks;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Packages;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>Instances that have the keys and the database in common, and nothing else, are one service.</summary>
public sealed class ScaleOutTests(TwoInstances service) : IClassFixture<TwoInstances>
{
    private SoapClient One => service.First.Client;

    private SoapClient Other => service.OtherClient;

    private ClientMachine Machine => service.First.Machine;

    [Fact]
    public void A_challenge_of_one_instance_is_answered_at_another_and_never_again()
    {
        ChallengeAnswer answer = Machine.Answer(One.Call("Authenticate", Machine.Hello()));
        byte[] token = ClientMachine.Bytes(Other.Call("CompleteAuthentication", answer.Parts()), "Token");
        One.Refused("ChallengeUsed", "CompleteAuthentication", answer.Parts());
        Other.Refused("ChallengeUsed", "CompleteAuthentication", answer.Parts());
        One.Call("Query", Part("Token", token));
    }

    [Fact]
    public async Task A_client_behind_a_proxy_does_not_notice_that_there_are_two()
    {
        await using RoundRobinProxy proxy = await RoundRobinProxy.Start(service.First.Authority, service.Other);
        using var client = new SoapClient(() => proxy.Address);
        // Each call goes to another instance than the one before.
        byte[] token = Machine.Authenticate(client);
        string id = client.Call("Upload", Part("Token", token), Part("Package", Machine.Export(service.First.Destination))).Element(Ns + "PackageId")!.Value;
        Assert.Single(client.Call("Query", Part("Token", token), Part("PackageId", id)).Elements(Ns + "Entry"));
        Assert.NotEmpty(ClientMachine.Bytes(client.Call("Download", Part("Token", token), Part("PackageId", id)), "Package"));
        string deleted = client.Call("Delete", Part("Token", token), Part("PackageId", id)).Element(Ns + "Deleted")!.Value;
        Assert.Equal(deleted, client.Call("Delete", Part("Token", token), Part("PackageId", id)).Element(Ns + "Deleted")!.Value);
        Assert.Empty(client.Call("Query", Part("Token", token), Part("PackageId", id)).Elements(Ns + "Entry"));
        Assert.All(proxy.Answered, count => Assert.InRange(count, 3, 5));
    }

    [Fact]
    public async Task An_approval_that_holds_once_is_used_once_by_both_together()
    {
        using var msa = new Msa();
        using var replacement = new ClientMachine();
        MigrationPackage package = Machine.Package(service.First.Destination, msa);
        One.Call("Upload", Part("Token", Machine.Authenticate(One)), Part("Package", Machine.Sign(package)));
        byte[][] tokens = [replacement.Authenticate(One), replacement.Authenticate(Other)];
        byte[] approval = ApprovalDocument.ToBytes(msa.Decide(replacement.Machine.Destination(), singleUse: true, key: new SelectedKey(package.Keys[0].Name, package.Keys[0].PublicArea.Name)));
        SoapAnswer[] answers = await Task.WhenAll(new[] { One, Other }.Select((client, i) => Task.Run(() => client.Ask(
            "Download", Part("Token", tokens[i]), Part("PackageId", package.Id), Part("Client", Hex.Format(Machine.EndorsementArea.Name)), Part("Approval", approval)))));
        Assert.Equal([null, "ApprovalUsed"], answers.Select(answer => answer.Fault).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_package_that_comes_to_both_at_the_same_time_is_stored_once()
    {
        byte[] token = Machine.Authenticate(One);
        MigrationPackage package = Machine.Package(service.First.Destination);
        foreach (byte[] content in Machine.Sign(Machine.Again(package, 10)))
        {
            XElement[] answers = await Task.WhenAll(new[] { One, Other }.Select(client => Task.Run(() => client.Call("Upload", Part("Token", token), Part("Package", content)))));
            Assert.Equal(["false", "true"], answers.Select(answer => answer.Element(Ns + "AlreadyStored")!.Value).Order(StringComparer.Ordinal));
        }
        Assert.Contains(" records, whole.", service.Other.Do("audit", "verify"), StringComparison.Ordinal);
    }
}

/// <summary>Two of them, that the tests share.</summary>
public sealed class TwoInstances : IDisposable
{
    public TwoInstances(SharedPostgres postgres)
    {
        First = new PostgresService(postgres);
        Other = AuthorityProcess.Beside(First.Authority);
        Other.Serve();
        OtherClient = new SoapClient(Other);
    }

    public PostgresService First { get; }

    public AuthorityProcess Other { get; }

    internal SoapClient OtherClient { get; }

    public void Dispose()
    {
        OtherClient.Dispose();
        Other.Dispose();
        First.Dispose();
    }
}
