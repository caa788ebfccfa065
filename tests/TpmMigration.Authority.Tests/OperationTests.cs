using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using TpmMigration.Authority.Vault;
using TpmMigration.Tests.Authority.Scene;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>What those see who watch a service, and how it ends.</summary>
public sealed class OperationTests(Service service) : IClassFixture<Service>
{
    private static readonly HttpClient s_http = new();

    [Fact]
    public async Task Health_and_metrics_are_told_where_clients_do_not_come_and_name_nobody()
    {
        Assert.Equal("live\n", await Get(service.Authority, "health/live"));
        Assert.Equal("ready\n", await Get(service.Authority, "health/ready"));
        foreach (string path in new[] { "health/live", "health/ready", "metrics" })
            Assert.Equal(HttpStatusCode.NotFound, (await s_http.GetAsync(new Uri(service.Authority.Address, path), TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await s_http.GetAsync(service.Authority.Operations, TestContext.Current.CancellationToken)).StatusCode);
        byte[] token = service.Machine.Authenticate(service.Client);
        service.Client.Call("Query", Part("Token", token));
        service.Client.Refused("TokenInvalid", "Query", Part("Token", new byte[60]));
        string metrics = await Get(service.Authority, "metrics");
        Assert.InRange(Value(metrics, "tpm_ma_requests_total", "operation=\"Query\"", "outcome=\"Success\""), 1, 1000);
        Assert.InRange(Value(metrics, "tpm_ma_requests_total", "operation=\"Query\"", "outcome=\"TokenInvalid\""), 1, 1000);
        Assert.InRange(Value(metrics, "tpm_ma_request_duration_seconds_count", "operation=\"Query\""), 2, 1000);
        Assert.InRange(Value(metrics, "tpm_ma_audit_sequence"), 3, 1000);
        Assert.Equal(1, Value(metrics, "tpm_ma_keys_current"));
        Assert.Equal(0, Value(metrics, "tpm_ma_rate_limited_total", "scope=\"client\""));
        Assert.InRange(Value(metrics, "tpm_ma_signing_certificate_days_left"), 3600, 3700);
        Assert.DoesNotContain(TpmMigration.Tpm.Hex.Format(service.Machine.EndorsementArea.Name), metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_has_a_line_of_JSON_for_each_request_and_no_secret_and_a_service_without_its_database_is_not_ready()
    {
        using var authority = AuthorityProcess.Start("--log", "json");
        using var client = new SoapClient(authority);
        client.Call("GetMAKey");
        byte[] token = new byte[60];
        new Random(1).NextBytes(token);
        client.Refused("TokenInvalid", "Query", Part("Token", token));
        client.Send("no message", "text/xml");

        Assert.Equal("ready\n", await Get(authority, "health/ready"));
        using (VaultDatabase database = new SqliteDatabase(authority.Directory.DatabasePath)) database.Write(transaction => transaction.Execute("DROP TABLE audit_head"));
        HttpResponseMessage ready = await s_http.GetAsync(new Uri(authority.Operations, "health/ready"), TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "not ready\n"), (ready.StatusCode, await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        Assert.Equal("live\n", await Get(authority, "health/live"));

        Assert.Equal(0, authority.Stop());
        string[] log = [.. authority.Log];
        JsonElement[] lines = [.. log.Select(line => JsonSerializer.Deserialize<JsonElement>(line)).Where(line => line.GetProperty("State").TryGetProperty("Operation", out _))];
        Assert.Equal(["GetMAKey Success 200", "Query TokenInvalid 500", " Malformed 500"], lines.Select(line => line.GetProperty("State")).Select(state =>
            string.Join(' ', state.GetProperty("Operation").GetString(), state.GetProperty("Outcome").GetString(), state.GetProperty("Status").GetInt32())));
        Assert.All(lines, line => Assert.Equal("127.0.0.1", line.GetProperty("State").GetProperty("Origin").GetString()));
        Assert.DoesNotContain(log, line => line.Contains(Convert.ToBase64String(token)[..20], StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_service_that_is_told_to_end_finishes_what_runs_and_is_not_ready_meanwhile()
    {
        using var authority = AuthorityProcess.Start();
        byte[] message = Message("GetMAKey");
        using var running = new TcpClient();
        await running.ConnectAsync(IPAddress.Loopback, authority.Address.Port, TestContext.Current.CancellationToken);
        await using NetworkStream stream = running.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"POST / HTTP/1.1\r\nHost: ma\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Type: text/xml\r\nContent-Length: {message.Length}\r\n\r\n")), TestContext.Current.CancellationToken);
        byte[] answer = new byte[64 * 1024];
        // The service asks for the rest: it has begun.
        int size = await stream.ReadAsync(answer, TestContext.Current.CancellationToken);
        Assert.StartsWith("HTTP/1.1 100", Encoding.ASCII.GetString(answer, 0, size), StringComparison.Ordinal);

        authority.Terminate();
        while ((await s_http.GetAsync(new Uri(authority.Operations, "health/ready"), TestContext.Current.CancellationToken)).StatusCode != HttpStatusCode.ServiceUnavailable) await Task.Yield();
        await stream.WriteAsync(message, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        string text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("HTTP/1.1 200", text, StringComparison.Ordinal);
        Assert.Contains("GetMAKeyResponse", text, StringComparison.Ordinal);
        Assert.Equal(0, authority.Ended());
    }

    [Fact]
    public async Task The_service_manager_of_the_system_is_told_when_the_service_listens_and_when_it_ends()
    {
        using var authority = new AuthorityProcess();
        authority.Do("init");
        using var notifications = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notifications.Bind(new UnixDomainSocketEndPoint(authority["notify"]));
        string program = Path.Combine(AppContext.BaseDirectory, "tpm-ma.dll");
        using Process service = Process.Start(new ProcessStartInfo("dotnet", [program, "serve", "--http", "--listen", "127.0.0.1:0", "--operations", "none"])
        {
            Environment = { ["TPM_MA_DATA"] = authority.DataPath, ["NOTIFY_SOCKET"] = authority["notify"] },
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            Assert.StartsWith("READY=1", await Next(), StringComparison.Ordinal);
            TpmMigration.Testing.ToolRunner.Run("kill", "-TERM", service.Id.ToString(CultureInfo.InvariantCulture));
            Assert.StartsWith("STOPPING=1", await Next(), StringComparison.Ordinal);
            await service.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, service.ExitCode);
        }
        finally
        {
            if (!service.HasExited) service.Kill();
        }

        async Task<string> Next()
        {
            byte[] buffer = new byte[1024];
            using var patience = new System.Threading.CancellationTokenSource(TimeSpan.FromSeconds(60));
            return Encoding.UTF8.GetString(buffer, 0, await notifications.ReceiveAsync(buffer, SocketFlags.None, patience.Token));
        }
    }

    [Fact]
    public void An_address_that_is_in_use_or_an_option_that_makes_no_sense_is_told()
    {
        using var authority = new AuthorityProcess();
        authority.Do("init");
        string taken = $"127.0.0.1:{service.Authority.Operations.Port}";
        AssertFails(authority.Run("serve", "--http", "--listen", "127.0.0.1:0", "--operations", taken), "address already in use");
        AssertFails(authority.Run("serve", "--http", "--listen", taken, "--operations", "none"), "address already in use");
        AssertFails(authority.Run("serve", "--http", "--listen", "127.0.0.1:0", "--log", "xml"), "xml");
        AssertFails(authority.Run("serve", "--http", "--listen", "127.0.0.1:0", "--client-rate", "-1"), "rate");
        AssertFails(authority.Run("serve", "--listen", "127.0.0.1:0", "--tls-certificate", authority["none.pem"]), "cannot be read");
        AssertFails(authority.Run("serve", "--listen", "127.0.0.1:0", "--tls-certificate", authority.Directory.TlsCertificatePath), "no certificate with its private key");
    }

    internal static void AssertFails((int ExitCode, string Output, string Error) run, string why)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    private static async Task<string> Get(AuthorityProcess authority, string path) =>
        await s_http.GetStringAsync(new Uri(authority.Operations, path), TestContext.Current.CancellationToken);

    /// <summary>The value of a line of Prometheus's text with all of these labels.</summary>
    internal static double Value(string metrics, string name, params string[] labels)
    {
        string line = Assert.Single(metrics.Split('\n'), line => Regex.IsMatch(line, $"^{name}[{{ ]") && labels.All(label => line.Contains(label, StringComparison.Ordinal)));
        // A time may stand behind the value.
        string[] parts = line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return double.Parse(parts[line.Contains('}', StringComparison.Ordinal) ? 0 : 1], CultureInfo.InvariantCulture);
    }
}
