using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Authority.Audit;
using TpmMigration.Authority.Backup;
using TpmMigration.Authority.Hosting;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority.Scene;

/// <summary>Clients that lay packages in all at once, and send again what was not acknowledged, through whatever happens.</summary>
internal sealed class UploadStorm : IDisposable
{
    /// <summary>How a service is started for it: here one client sends what a fleet does.</summary>
    internal static readonly string[] ServiceOptions = ["--client-rate", "0", "--address-rate", "0"];

    private const int UsualClients = 8;

    // How long a service may be unavailable after it was told to be there again.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly AuthorityProcess _authority;
    private readonly int _clients;
    private readonly ConcurrentQueue<byte[]> _packages = new();
    private readonly ConcurrentDictionary<string, string> _acknowledged = new();

    /// <param name="authority">A Migration Authority that runs.</param>
    /// <param name="usual">How many packages; the environment may ask for another number.</param>
    /// <param name="clients">How many send at a time.</param>
    internal UploadStorm(AuthorityProcess authority, int usual, int clients = UsualClients)
    {
        (_authority, _clients) = (authority, clients);
        Total = Environment.GetEnvironmentVariable("TPMMIGRATION_TEST_UPLOADS") is { Length: > 0 } asked ? int.Parse(asked, System.Globalization.CultureInfo.InvariantCulture) : usual;
        authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
        using var client = new SoapClient(authority);
        MigrationDestination destination = client.AuthorityKey().ToDestination();
        MigrationPackage package = Machine.Package(destination);
        foreach (byte[] content in Machine.Sign(Machine.Again(package, Total))) _packages.Enqueue(content);
    }

    internal ClientMachine Machine { get; } = new();

    internal int Total { get; }

    internal int Acknowledged => _acknowledged.Count;

    /// <summary>Uploads until all is acknowledged, or until the service cannot be reached or says that it cannot.</summary>
    /// <param name="mark">A number of acknowledged packages.</param>
    /// <param name="atMark">What is done when it is reached, while the others go on.</param>
    internal async Task Run(int mark, Action atMark)
    {
        byte[] token;
        using (var client = new SoapClient(_authority)) token = Machine.Authenticate(client);
        int stop = 0, marked = 0;
        await Task.WhenAll(Enumerable.Range(0, _clients).Select(_ => Task.Run(async () =>
        {
            using var client = new SoapClient(_authority);
            while (Volatile.Read(ref stop) == 0 && _packages.TryDequeue(out byte[]? package))
            {
                if (await TryUpload(client, token, package))
                {
                    if (Acknowledged >= mark && Interlocked.Exchange(ref marked, 1) == 0) atMark();
                    continue;
                }
                // Nobody knows whether it was stored: it is sent again.
                _packages.Enqueue(package);
                Volatile.Write(ref stop, 1);
            }
        })));
    }

    /// <summary>Uploads all that is left, to a service that may take a moment to be available.</summary>
    internal async Task Finish()
    {
        long started = Stopwatch.GetTimestamp();
        while (!_packages.IsEmpty)
        {
            try
            {
                await Run(int.MaxValue, () => { });
            }
            catch (Xunit.Sdk.XunitException) when (Stopwatch.GetElapsedTime(started) < s_patience)
            {
                // Not even a token was to be had.
            }
            Assert.True(Stopwatch.GetElapsedTime(started) < s_patience + TimeSpan.FromSeconds(Total), "The service does not become available.");
        }
        Assert.Equal(Total, Acknowledged);
    }

    /// <summary>What was acknowledged is told to the client.</summary>
    internal void AssertAllTold()
    {
        using var client = new SoapClient(_authority);
        byte[] token = Machine.Authenticate(client);
        var there = new Dictionary<string, string>();
        for (string? after = null; ;)
        {
            XElement page = client.Call("Query", Part("Token", token), after == null ? null : Part("After", after));
            foreach (XElement entry in page.Elements(Ns + "Entry")) there.Add(entry.Element(Ns + "PackageId")!.Value, entry.Element(Ns + "Digest")!.Value);
            after = page.Element(Ns + "Next")?.Value;
            if (after == null) break;
        }
        Assert.All(_acknowledged, package => Assert.Equal(package.Value, there.GetValueOrDefault(package.Key)));
    }

    /// <summary>All is there, as it was sent, with one record for each: no more and no less.</summary>
    internal void AssertWhole()
    {
        AssertAllTold();
        using OpenAuthority open = OpenAuthority.Open(_authority.Directory);
        (ContentVerdict content, AuditVerdict audit, long records) = open.Database.Read(transaction => (
            PackageContents.Verify(transaction, open.Keys), AuditLog.Verify(transaction, null), transaction.Number("SELECT COUNT(*) FROM audit WHERE event = 'Upload'")));
        Assert.Null(content.Problem);
        Assert.Null(audit.Problem);
        Assert.Equal((Total, Total), (content.Packages, records));
    }

    public void Dispose() => Machine.Dispose();

    private async Task<bool> TryUpload(SoapClient client, byte[] token, byte[] package)
    {
        byte[] message = Message("Upload", Part("Token", token), Part("Package", package));
        try
        {
            SoapAnswer answer = await client.SendAsync(message, "text/xml");
            if (answer.Fault == "Unavailable") return false;
            Assert.Null(answer.Fault);
            _acknowledged[answer.Content.Element(Ns + "PackageId")!.Value] = Hex.Format(SHA256.HashData(package));
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return false;
        }
    }
}
