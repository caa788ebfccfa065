using System;
using System.IO;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Approvals;

public sealed class PlatformSignerTests
{
    private static readonly byte[] Digest = TpmHash.Digest(TpmAlgId.Sha256, Encoding.UTF8.GetBytes("a document"));

    [Fact]
    public void A_platform_signs_and_its_attestation_key_vouches_for_the_signing_key()
    {
        using var machine = new Machine();
        (SignerIdentity identity, byte[] value) = machine.Run(loader =>
        {
            using var signer = new PlatformSigner(loader);
            return (signer.Identity, signer.Sign(Digest));
        });
        Assert.Equal(SignatureScheme.EcdsaSha256, identity.Scheme);
        Assert.Equal(64, value.Length);
        Assert.True(identity.Verifies(Digest, value));
        value[3] ^= 1;
        Assert.False(identity.Verifies(Digest, value));
        PlatformIdentity platform = Assert.IsType<PlatformIdentity>(identity);
        Assert.Null(platform.Certification!.Contradiction(platform.PublicArea));
        Assert.Equal([AttestationKey.Name, PlatformSigningKey.Name], machine.StoredNames());
    }

    [Fact]
    public void The_same_key_signs_again_and_is_found_without_a_TPM_with_its_certification()
    {
        using var machine = new Machine();
        Assert.Null(PlatformSigningKey.Find(machine.Store));
        PlatformIdentity first = machine.Run(PlatformSigningKey.Ensure);
        PlatformIdentity stored = PlatformSigningKey.Find(machine.Store)!;
        Assert.Equal(first, stored);
        Assert.Null(stored.Certification!.Contradiction(stored.PublicArea));
        Assert.Equal(first, machine.Run(PlatformSigningKey.Ensure));
    }

    [Fact]
    public void Signing_later_costs_loading_signing_and_letting_go()
    {
        using var machine = new Machine();
        machine.Run(PlatformSigningKey.Ensure);
        RecordingTransport? recording = null;
        machine.Run(
            loader =>
            {
                _ = loader.StorageRoot;
                int before = recording!.Exchanges.Count;
                using var signer = new PlatformSigner(loader);
                _ = signer.Identity;
                signer.Sign(Digest);
                uint[] codes = [.. recording.Exchanges.Skip(before).Select(e => BitConverter.ToUInt32([.. e.Command.Skip(6).Take(4).Reverse()], 0))];
                Assert.Equal([(uint)TpmCc.Load, (uint)TpmCc.Sign, (uint)TpmCc.FlushContext], codes);
                return 0;
            },
            decorate: inner => recording = new RecordingTransport(inner));
    }

    [Fact]
    public void A_signer_that_is_not_asked_makes_nothing()
    {
        using var machine = new Machine();
        machine.Run(loader =>
        {
            new PlatformSigner(loader).Dispose();
            return 0;
        });
        Assert.Empty(machine.StoredNames());
    }

    [Fact]
    public void The_key_of_a_cleared_TPM_is_not_used_and_the_error_says_how_to_get_a_new_one()
    {
        using var machine = new Machine();
        using var other = new Machine();
        machine.Run(PlatformSigningKey.Ensure);
        KeyException refusal = other.Run(loader => Assert.Throws<KeyException>(() => PlatformSigningKey.Sign(loader, Digest)), store: machine.Store);
        Assert.Equal(KeyFault.ForAnotherTpm, refusal.Fault);
        Assert.Contains("Remove-TpmKey platform-signing", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_was_imported_under_the_name_is_never_taken_for_the_platforms()
    {
        using var a = new Machine();
        using var b = new Machine();
        a.Create("k");
        MigrationDestination destination = b.Destination();
        MigrationPackage package = MigrationTests.Export(a, destination, ["k"], [a.Approve("k", destination)]);
        MigrationTests.Import(b, package, request: new ImportRequest { Trust = Trusted.Signer, NewNames = new System.Collections.Generic.Dictionary<string, string> { ["k"] = PlatformSigningKey.Name } });

        Assert.Equal(KeyFault.NotAPlatformKey, Assert.Throws<KeyException>(() => PlatformSigningKey.Find(b.Store)).Fault);
        Assert.Equal(KeyFault.NotAPlatformKey, b.Run(loader => Assert.Throws<KeyException>(() => PlatformSigningKey.Sign(loader, Digest))).Fault);
    }

    [Fact]
    public void A_record_whose_certification_was_altered_is_damaged()
    {
        using var machine = new Machine();
        machine.Run(PlatformSigningKey.Ensure);
        string path = Path.Combine(machine.StorePath, PlatformSigningKey.Name + ".xml");
        string text = File.ReadAllText(path);
        foreach (string altered in new[] { text.Replace("<Statement>", "<Statement >x", StringComparison.Ordinal), text.Replace("<Statement>/1R", "<Statement>/1S", StringComparison.Ordinal), text.Replace("</Certification>", "<More /></Certification>", StringComparison.Ordinal) })
        {
            Assert.NotEqual(text, altered);
            File.WriteAllText(path, altered);
            Assert.Equal(KeyStoreFault.KeyDamaged, Assert.Throws<KeyStoreException>(() => PlatformSigningKey.Find(machine.Store)).Fault);
        }
    }
}
