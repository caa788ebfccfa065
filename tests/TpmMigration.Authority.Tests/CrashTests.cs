using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>An acknowledgement is kept, whatever becomes of the process that gave it.</summary>
public sealed class CrashTests
{
    private const int Clients = 8, Packages = 320, Deaths = 4;

    [Fact]
    public async Task Every_package_that_was_acknowledged_outlives_the_death_of_the_service()
    {
        using var machine = new ClientMachine();
        using var authority = AuthorityProcess.Start();
        authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
        var packages = new ConcurrentQueue<byte[]>(Make(machine, authority, Packages));
        var acknowledged = new ConcurrentDictionary<string, string>();
        int died = 0;
        for (; died < Deaths; died++)
        {
            int enough = acknowledged.Count + Packages / (Deaths + 1);
            await Upload(machine, authority, packages, acknowledged, count =>
            {
                // Whichever client passes the mark kills the service under all others.
                if (count >= enough) authority.Kill();
            });
            authority.Kill();
            authority.Serve();
            AssertAllThere(machine, authority, acknowledged);
        }
        await Upload(machine, authority, packages, acknowledged, _ => { });
        AssertAllThere(machine, authority, acknowledged);
        Assert.Equal(Packages, acknowledged.Count);
        Assert.Contains(" records, whole.", authority.Do("audit", "verify"), StringComparison.Ordinal);
        // One record for each that is stored, no more and no less.
        Assert.Equal(Packages, authority.Do("audit", "export").Split('\n').Count(line => line.Contains("\"event\":\"Upload\"", StringComparison.Ordinal)));
    }

    private static IReadOnlyList<byte[]> Make(ClientMachine machine, AuthorityProcess authority, int count)
    {
        using var client = new SoapClient(authority);
        MigrationDestination destination = AuthorityKeyDocument.Read(Encoding.UTF8.GetString(ClientMachine.Bytes(client.Call("GetMAKey"), "Document"))).ToDestination();
        MigrationPackage package = machine.Package(destination);
        return machine.Sign(machine.Again(package, count));
    }

    private static async Task Upload(
        ClientMachine machine, AuthorityProcess authority, ConcurrentQueue<byte[]> packages, ConcurrentDictionary<string, string> acknowledged, Action<int> after)
    {
        byte[] token;
        using (var client = new SoapClient(authority)) token = machine.Authenticate(client);
        int stop = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            using var client = new SoapClient(authority);
            while (Volatile.Read(ref stop) == 0 && packages.TryDequeue(out byte[]? package))
            {
                try
                {
                    byte[] message = Encoding.UTF8.GetBytes(Envelope(Soap11, new XElement(Ns + "Upload", Part("Token", token), Part("Package", package))).ToString(SaveOptions.DisableFormatting));
                    SoapAnswer answer = await client.SendAsync(message, "text/xml");
                    Assert.Null(answer.Fault);
                    acknowledged[answer.Content.Element(Ns + "PackageId")!.Value] = Hex.Format(SHA256.HashData(package));
                    lock (packages) after(acknowledged.Count);
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    // Nobody knows whether it was stored: it is sent again.
                    packages.Enqueue(package);
                    Volatile.Write(ref stop, 1);
                }
            }
        })));
    }

    private static void AssertAllThere(ClientMachine machine, AuthorityProcess authority, ConcurrentDictionary<string, string> acknowledged)
    {
        using var client = new SoapClient(authority);
        byte[] token = machine.Authenticate(client);
        var there = new Dictionary<string, string>();
        for (string? after = null; ;)
        {
            XElement page = client.Call("Query", Part("Token", token), after == null ? null : Part("After", after));
            foreach (XElement entry in page.Elements(Ns + "Entry")) there.Add(entry.Element(Ns + "PackageId")!.Value, entry.Element(Ns + "Digest")!.Value);
            after = page.Element(Ns + "Next")?.Value;
            if (after == null) break;
        }
        Assert.All(acknowledged, package => Assert.Equal(package.Value, there.GetValueOrDefault(package.Key)));
    }
}
