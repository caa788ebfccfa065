using System;
using System.Net.Http;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using TpmMigration.Approvals;
using TpmMigration.Authority.Administration;
using TpmMigration.Authority.Hosting;
using TpmMigration.Authority.Trust;
using TpmMigration.Authority.Vault;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Tests.Authority.Scene;

/// <summary>A service with TLS, a client machine, and an administrator of each role. The tests of a class share them.</summary>
public sealed class AdministrationScene : IDisposable
{
    public AdministrationScene()
    {
        Machine = new ClientMachine();
        Authority = new AuthorityProcess();
        Authority.Do("init", "--name", "Example MA");
        Authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath, "--reason", "of the tests");
        using (VaultDatabase database = OpenAuthority.OpenDatabase(Authority.Directory))
        {
            var administrators = new AdministratorAdministration(database, TimeProvider.System);
            foreach ((X509Certificate2 certificate, AdministratorRole role) in new[] { (Operator, AdministratorRole.Operator), (Approver, AdministratorRole.Approver), (Auditor, AdministratorRole.Auditor) })
                administrators.Add(certificate.RawData, role, "of the tests", Actor.Local);
        }
        Authority.ServeTls();
        Client = Soap(null);
        Destination = Client.AuthorityKey().ToDestination();
    }

    public AuthorityProcess Authority { get; }

    public ClientMachine Machine { get; }

    internal SoapClient Client { get; }

    internal MigrationDestination Destination { get; }

    internal X509Certificate2 Operator { get; } = Certificate("CN=Operator");

    internal X509Certificate2 Approver { get; } = Certificate("CN=Approver");

    internal X509Certificate2 Auditor { get; } = Certificate("CN=Auditor");

    internal SoapClient Soap(X509Certificate2? certificate) => new(() => Authority.Address, Handler(certificate));

    /// <summary>Asks under /admin with a client certificate, or without one.</summary>
    internal (int Status, JsonElement Answer) Ask(X509Certificate2? certificate, string path, object? order = null) =>
        Ask(certificate, path, order == null ? null : JsonContent.Create(order));

    internal (int Status, JsonElement Answer) Ask(X509Certificate2? certificate, string path, HttpContent? content)
    {
        using var http = new HttpClient(Handler(certificate));
        using var request = new HttpRequestMessage(content == null ? HttpMethod.Get : HttpMethod.Post, new Uri(Authority.Address, path)) { Content = content };
        using HttpResponseMessage response = http.SendAsync(request, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        string text = response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        return ((int)response.StatusCode, JsonSerializer.Deserialize<JsonElement>(text));
    }

    internal static X509Certificate2 Certificate(string name, int days = 30)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest(name, key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-60), DateTimeOffset.UtcNow.AddDays(days));
    }

    public void Dispose()
    {
        Client.Dispose();
        Authority.Dispose();
        Machine.Dispose();
        foreach (X509Certificate2 certificate in new[] { Operator, Approver, Auditor }) certificate.Dispose();
    }

    private static HttpClientHandler Handler(X509Certificate2? certificate)
    {
        var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        if (certificate != null) handler.ClientCertificates.Add(certificate);
        return handler;
    }
}
