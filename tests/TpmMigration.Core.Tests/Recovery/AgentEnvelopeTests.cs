using System;
using System.IO;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Approvals;
using TpmMigration.Recovery;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Tests.Recovery;

public sealed class AgentEnvelopeTests
{
    [Theory]
    [InlineData("rsa")]
    [InlineData("ecc")]
    [InlineData("ecc384")]
    public void OpenSSL_opens_what_is_handed_to_an_agent(string type)
    {
        using var folder = new TemporaryFolder("tpm-migration-test-");
        AgentCertificate agent = AgentCertificate.Make(type, "Agent");
        using RecoveryKey key = RecoveryKey.Fresh();
        (string keyPath, string certificate) = agent.WritePem(folder.FullPath);
        string envelope = folder["key.cms"], content = folder["key.bin"];
        File.WriteAllBytes(envelope, agent.Agent.Seal(key));
        ToolRunner.Run("openssl", "cms", "-decrypt", "-inform", "DER", "-in", envelope, "-recip", certificate, "-inkey", keyPath, "-binary", "-out", content);
        Assert.Equal(key.Secret, File.ReadAllBytes(content));
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("ecc")]
    public void An_envelope_opens_for_its_agent_alone_and_not_when_any_bit_of_its_keys_is_altered(string type)
    {
        AgentCertificate agent = AgentCertificate.Make(type, "Agent"), other = AgentCertificate.Make(type, "Agent");
        using RecoveryKey key = RecoveryKey.Fresh();
        byte[] envelope = agent.Agent.Seal(key);
        using CertificateSigner own = agent.Open(), foreign = other.Open();
        Assert.Equal(key.Secret, AgentEnvelope.TryOpen(envelope, agent.Agent.Key, own.Key));
        Assert.Null(AgentEnvelope.TryOpen(envelope, other.Agent.Key, foreign.Key));
        // The encrypted key is what stands before the content's type. Content itself has no seal in CMS; what it opens to opens no inner key.
        int end = envelope.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]) - 4, size = type == "rsa" ? 256 : 40;
        for (int at = end - size; at < end; at += 3)
        {
            byte[] altered = (byte[])envelope.Clone();
            altered[at] ^= 0x04;
            Assert.Null(AgentEnvelope.TryOpen(altered, agent.Agent.Key, own.Key));
        }
        for (int length = 0; length < envelope.Length; length += 7) Assert.Null(AgentEnvelope.TryOpen(envelope[..length], agent.Agent.Key, own.Key));
    }

    [Fact]
    public void A_certificate_that_could_not_open_or_release_later_is_no_agents()
    {
        X509KeyUsageFlags signs = X509KeyUsageFlags.DigitalSignature;
        AgentCertificate[] unsuitable =
        [
            AgentCertificate.Make("rsa", "Signs only", signs),
            AgentCertificate.Make("ecc", "Signs only", signs),
            AgentCertificate.Make("rsa", "Encrypts only", X509KeyUsageFlags.KeyEncipherment),
            AgentCertificate.Make("ecc", "Over", untilDays: -1),
        ];
        Assert.All(unsuitable, c => Assert.Equal(RecoveryFault.AgentUnsuitable, Assert.Throws<RecoveryException>(() => c.Agent.RequireUsable(DateTime.UtcNow)).Fault));
        Assert.Equal(RecoveryFault.AgentUnsuitable, Assert.Throws<RecoveryException>(() => new RecoveryAgent([1, 2, 3])).Fault);
        AgentCertificate.Make("rsa", "Agent").Agent.RequireUsable(DateTime.UtcNow);
        AgentCertificate.Make("ecc", "Agent").Agent.RequireUsable(DateTime.UtcNow);
    }

    [Fact]
    public void The_platforms_keys_open_what_is_handed_to_an_agent()
    {
        foreach (string type in new[] { "rsa", "ecc", "ecc384" })
        {
            AgentCertificate agent = AgentCertificate.Make(type, "Agent");
            using X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(agent.Pfx, AgentCertificate.Password, X509KeyStorageFlags.Exportable);
            using CertificateSigner signer = CertificateStoreSigner.Open(certificate);
            using RecoveryKey key = RecoveryKey.Fresh();
            Assert.Equal(key.Secret, AgentEnvelope.TryOpen(agent.Agent.Seal(key), agent.Agent.Key, signer.Key));
        }
    }

    [Fact]
    public void Recipients_are_somebody_once_each_and_a_passphrase_is_long()
    {
        AgentCertificate agent = AgentCertificate.Make("ecc", "Agent");
        Assert.Throws<ArgumentException>(() => RecoveryScene.Recipients(""));
        Assert.Equal(RecoveryFault.AgentTwice, Assert.Throws<RecoveryException>(() => RecoveryScene.Recipients("", agent, agent)).Fault);
        Assert.Equal(RecoveryFault.WeakPassphrase, Assert.Throws<RecoveryException>(() => RecoveryScene.Recipients("elevenchars")).Fault);
        Assert.Single(RecoveryScene.Recipients("twelve chars", agent).Agents);
    }
}
