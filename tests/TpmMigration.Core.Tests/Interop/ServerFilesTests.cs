using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Tests.Keys.Data;
using TpmMigration.Tests.Migration;
using Xunit;

namespace TpmMigration.Tests.Interop;

/// <summary>The certificate that is kept with a key and the key's file serve OpenSSL as a pair.</summary>
public sealed class ServerFilesTests
{
    [Theory]
    [InlineData(KeyAlgorithm.EccP256)]
    [InlineData(KeyAlgorithm.Rsa2048)]
    public async Task OpenSSL_serves_TLS_with_the_key_in_the_TPM_and_the_certificate_kept_with_it(KeyAlgorithm algorithm)
    {
        using var machine = new Machine();
        using var authority = new TestCertificates();
        StoredKey key = machine.Create("web", algorithm: algorithm);
        byte[] chain = StoreCertificate(machine, key, authority);
        machine.Tpm.WriteFile("web.crt", chain);
        machine.Tpm.WriteFile("web.key", key.KeyFile.ToPem());
        machine.Tpm.WriteFile("ca.crt", Encoding.ASCII.GetBytes(PemEncoding.WriteString("CERTIFICATE", authority.Root.RawData)));
        machine.Tpm.Tool("openssl", "verify", "-CAfile", "ca.crt", "-untrusted", "web.crt", "web.crt");

        int port = FreePorts.FindConsecutive(1);
        var start = new ProcessStartInfo("openssl", [
            "s_server", "-accept", $"127.0.0.1:{port}", "-cert", "web.crt", "-cert_chain", "web.crt", "-key", "web.key", "-naccept", "1", "-www"])
        {
            WorkingDirectory = machine.Tpm.WorkDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in machine.Tpm.Environment) start.Environment[name] = value;
        start.Environment["OPENSSL_CONF"] = Path.Combine(RepositoryFolder.Path, "samples", "tls", "openssl-tpm2.cnf");
        using Process server = Process.Start(start)!;
        try
        {
            // It says ACCEPT when it listens.
            using var limit = new System.Threading.CancellationTokenSource(TimeSpan.FromSeconds(30));
            string? line;
            do
            {
                line = await server.StandardOutput.ReadLineAsync(limit.Token);
            }
            while (line != null && !line.Contains("ACCEPT", StringComparison.Ordinal));
            Assert.True(line != null, line == null ? await server.StandardError.ReadToEndAsync(limit.Token) : "");

            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
            using var tls = new SslStream(client.GetStream());
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = "gateway",
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck },
            };
            options.CertificateChainPolicy.CustomTrustStore.Add(authority.Root);
            await tls.AuthenticateAsClientAsync(options, limit.Token);
            Assert.True(tls.IsAuthenticated);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private static byte[] StoreCertificate(Machine machine, StoredKey key, TestCertificates authority) => machine.Run(loader =>
    {
        using var vault = new KeyDataVault(loader);
        using KeyData data = KeyDataContent.Make(key, KeyDataType.CertificateChain, null, null, authority.IssueFor(key));
        vault.Put(key, data, replace: false);
        using KeyData kept = vault.Get(key, "certificate");
        return (byte[])kept.Content.Clone();
    });
}
