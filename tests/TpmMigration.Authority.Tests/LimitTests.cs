using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Threading.Tasks;
using TpmMigration.Approvals;
using TpmMigration.Authority.Contract;
using TpmMigration.Authority.Operations;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>How much one caller can take from the others.</summary>
public sealed class LimitTests
{
    private static readonly HttpClient s_http = new();

    [Fact]
    public async Task Who_asks_too_often_waits_and_others_do_not_and_the_trail_does_not_fill()
    {
        using var machine = new ClientMachine();
        using var authority = AuthorityProcess.Start("--client-rate", "1", "--address-rate", "1");
        authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
        using var client = new SoapClient(authority);
        byte[] token = machine.Authenticate(client);
        List<SoapAnswer> strangers = [.. Enumerable.Range(0, 60).Select(_ => client.Ask("Query", Part("Token", new byte[60])))];
        Assert.Equal(["TokenInvalid", "TooManyRequests"], strangers.Select(answer => answer.Fault).Distinct());
        SoapAnswer limited = strangers[^1];
        Assert.Equal((429, true), (limited.Status, limited.RetryAfter >= TimeSpan.FromSeconds(1)));
        Assert.Equal("TooManyRequests", client.Ask("GetMAKey").Fault);
        Assert.Equal("TooManyRequests", client.Send("no message", "text/xml").Fault);

        // A client that has a token is counted by itself, whoever shares its address.
        List<SoapAnswer> own = [.. Enumerable.Range(0, 60).Select(_ => client.Ask("Query", Part("Token", token)))];
        Assert.Equal([null, "TooManyRequests"], own.Select(answer => answer.Fault).Distinct());
        Assert.InRange(own.Count(answer => answer.Fault == null), RateLimits.BurstSeconds, 50);

        string[] trail = authority.Do("audit", "export").Split('\n');
        Assert.Equal(2, trail.Count(line => line.Contains("TooManyRequests", StringComparison.Ordinal)));
        string metrics = await s_http.GetStringAsync(new Uri(authority.Operations, "metrics"), TestContext.Current.CancellationToken);
        Assert.InRange(OperationTests.Value(metrics, "tpm_ma_rate_limited_total", "scope=\"client\""), 10, 60);
        Assert.InRange(OperationTests.Value(metrics, "tpm_ma_rate_limited_total", "scope=\"address\""), 10, 70);
        Assert.InRange(OperationTests.Value(metrics, "tpm_ma_refusals_unrecorded_total"), 10, 130);
    }

    [Fact]
    public void A_client_may_have_so_many_packages_and_bytes_and_room_comes_back_when_it_deletes_some()
    {
        using var machine = new ClientMachine();
        using var authority = AuthorityProcess.Start("--client-packages", "2");
        authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath);
        using var client = new SoapClient(authority);
        byte[] token = machine.Authenticate(client);
        MigrationDestination destination = client.AuthorityKey().ToDestination();
        IReadOnlyList<byte[]> packages = machine.Sign(machine.Again(machine.Package(destination), 3));
        string first = client.Call("Upload", Part("Token", token), Part("Package", packages[0])).Element(Ns + "PackageId")!.Value;
        client.Call("Upload", Part("Token", token), Part("Package", packages[1]));
        client.Refused("QuotaExceeded", "Upload", Part("Token", token), Part("Package", packages[2]));
        // What is there already is acknowledged again.
        client.Call("Upload", Part("Token", token), Part("Package", packages[1]));
        client.Call("Delete", Part("Token", token), Part("PackageId", first));
        client.Call("Upload", Part("Token", token), Part("Package", packages[2]));

        Assert.Equal(0, authority.Stop());
        authority.Serve("--client-bytes", (2 * packages[0].Length).ToString(System.Globalization.CultureInfo.InvariantCulture));
        client.Refused("QuotaExceeded", "Upload", Part("Token", token), Part("Package", machine.Export(destination)));
    }

    [Theory]
    [InlineData("192.0.2.7", "c0000207")]
    [InlineData("::ffff:192.0.2.7", "c0000207")]
    [InlineData("2001:db8:1:2:3:4:5:6", "20010db800010002")]
    [InlineData("2001:db8:1:2::1", "20010db800010002")]
    public void Callers_are_told_apart_by_address_and_in_IPv6_by_network(string address, string caller) => Assert.Equal(caller, Hex.Format(CallerBuckets.CallerAt(address)));

    [Fact]
    public void Refusals_are_recorded_so_many_of_one_caller_and_so_many_of_all()
    {
        using var metrics = new ServiceMetrics();
        using var limiter = new RequestLimiter(new RateLimits { RecordBurst = 10, RecordInterval = TimeSpan.FromHours(1), AllRecordsBurst = 25, AllRecordsRate = 1, TooManyInterval = TimeSpan.FromHours(1) }, metrics);
        int Recorded(string origin, int count, AuthorityFault fault = AuthorityFault.TokenInvalid) => Enumerable.Range(0, count).Count(_ => limiter.MayRecord(fault, origin, null));
        Assert.Equal(10, Recorded("192.0.2.1", 100));
        Assert.Equal(1, Recorded("192.0.2.1", 100, AuthorityFault.TooManyRequests));
        Assert.InRange(Enumerable.Range(2, 200).Sum(host => Recorded($"192.0.2.{host}", 5)), 14, 20);
    }
}
