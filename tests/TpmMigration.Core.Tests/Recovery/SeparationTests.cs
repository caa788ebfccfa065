using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Packages;
using TpmMigration.Recovery;
using TpmMigration.Tests.Keys.Wrapping;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Recovery;

/// <summary>
/// A package for a parent whose private key somebody holds in software, as a vault might. Neither who holds that, nor a recovery agent with the
/// package and all that is in it, comes to a key or its data; the two together do.
/// </summary>
public sealed class SeparationTests : IDisposable
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("opens the safe in the cellar");

    private readonly Machine _source = new();
    private readonly SoftwareKey _holder = SoftwareKey.Parent("ecc");
    private readonly AgentCertificate _agent = AgentCertificate.Make("ecc", "Agent");
    private readonly byte[] _secret;
    private readonly MigrationPackage _package;

    public SeparationTests()
    {
        using (ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        using (KeySource source = KeySource.Read(key.ExportPkcs8PrivateKey(), []))
        using (KeyPasswords none = new())
        {
            _source.Run(loader => TpmMigration.Migration.KeySourceImporter.Import(
                loader, source, new TpmMigration.Migration.KeySourceRequest { Name = "k", Role = KeyRole.Sign, EncryptedDuplication = true }, none));
            _secret = key.ExportParameters(true).D!;
        }
        _source.Run(loader =>
        {
            using var vault = new KeyDataVault(loader);
            using var data = new KeyData(KeyDataType.Data, "note", "", [.. Content]);
            vault.Put(loader.Store.Find("k")!.Require(), data, replace: false);
            return true;
        });
        var destination = new MigrationDestination { Kind = DestinationKind.StorageKey, HostName = "vault", Created = StoredKeys.Now(), Parent = _holder.PublicArea };
        _package = MigrationTests.Export(
            _source, destination, ["k"], [_source.Approve("k", destination)], recovery: RecoveryScene.Recipients(RecoveryScene.Passphrase, _agent));
    }

    public void Dispose() => _source.Dispose();

    [Fact]
    public void Who_holds_the_outer_parent_opens_the_outer_wrap_and_then_has_nothing()
    {
        foreach ((TpmtPublic area, WrappedKey wrapped, _) in Objects())
        {
            Assert.Throws<WrappingIntegrityException>(() => KeyWrap.Unwrap(_holder.AsParent, _holder.Private, area.Name, wrapped));
            foreach (byte[] guess in Guesses())
                Assert.Throws<WrappingIntegrityException>(() => KeyWrap.Unwrap(_holder.AsParent, _holder.Private, area.Name, wrapped, guess));
        }
        // What the outer wrap holds is there for the holder to see, and the secret is not in it.
        byte[] within = InsideOuterWrap(Objects().First());
        Assert.True(within.AsSpan().IndexOf(_secret) < 0);
        // The control: without an inner wrap the same search finds it.
        WrappedKey plain = KeyWrap.Wrap(_holder.AsParent, _package.Keys[0].PublicArea.Name, [1, 2, .. _secret]);
        Assert.True(InsideOuterWrap((_package.Keys[0].PublicArea, plain, [])).AsSpan().IndexOf(_secret) > 0);
        // The certificates that the holder makes are no agent's, and the agent's envelope does not open with the parent's key.
        byte[] envelope = _package.InnerWrap!.Agents[0].Envelope;
        using CertificateSigner own = AgentCertificate.Make("ecc", "Agent").Open();
        Assert.Null(AgentEnvelope.TryOpen(envelope, _agent.Agent.Key, own.Key));
        Assert.Equal(RecoveryFault.NotAnAgent, Assert.Throws<RecoveryException>(() => new AgentKey(own).RequireCanRelease(_package, Elsewhere())).Fault);
    }

    [Fact]
    public void An_agent_with_the_package_and_all_inner_keys_does_not_open_the_outer_wrap()
    {
        using RecoveryKey recovery = OpenAsAgent();
        SoftwareKey[] guesses = [SoftwareKey.Parent("ecc"), SoftwareKey.Parent("rsa")];
        foreach ((TpmtPublic area, WrappedKey wrapped, byte[] innerKey) in Objects())
        {
            byte[] inner = recovery.TryUnwrap(innerKey)!;
            Assert.NotNull(inner);
            Assert.All(guesses, guess => Assert.Throws<WrappingIntegrityException>(() => KeyWrap.Unwrap(guess.AsParent, guess.Private, area.Name, wrapped, inner)));
            // Nor is the inner wrap reached by leaving the outer one as it is.
            for (int skip = 0; skip < Math.Min(wrapped.Duplicate.Length, 64); skip++)
            {
                byte[] rest = wrapped.Duplicate[skip..];
                Assert.ThrowsAny<Exception>(() => InnerWrap.Open(inner, area.Name, rest));
            }
            foreach (byte[] seed in Guesses().Append(inner).Append(recovery.Secret))
                Assert.Throws<WrappingIntegrityException>(() => OuterWrap.Open(TpmAlgId.Sha256, 128, seed, area.Name, wrapped.Duplicate));
        }
        // Nor the data, with any key that the agent has.
        PackageKey key = _package.Keys[0];
        SealedData item = Assert.Single(key.Data);
        var data = new SealedKeyData(new KeyDataInfo(item.Type, item.Name, item.MediaType, item.Length), item.Content);
        Assert.Null(KeyDataCipher.TryOpen(recovery.Secret, key.PublicArea.Name, data));
    }

    [Fact]
    public void Both_together_come_to_key_and_data()
    {
        using RecoveryKey recovery = OpenAsAgent();
        byte[][] opened = [.. Objects().Select(o => KeyWrap.Unwrap(_holder.AsParent, _holder.Private, o.Area.Name, o.Wrapped, recovery.TryUnwrap(o.InnerKey)!))];
        Assert.True(opened[0].AsSpan().IndexOf(_secret) > 0);
        var reader = new TpmReader(opened[1]);
        reader.ReadAlg();
        reader.ReadTpm2b();
        reader.ReadTpm2b();
        SealedData item = Assert.Single(_package.Keys[0].Data);
        using KeyData? data = KeyDataCipher.TryOpen(
            reader.ReadTpm2b(), _package.Keys[0].PublicArea.Name, new SealedKeyData(new KeyDataInfo(item.Type, item.Name, item.MediaType, item.Length), item.Content));
        Assert.Equal(Content, data!.Content);
    }

    [Fact]
    public void A_release_for_one_parent_gives_the_holder_of_another_nothing()
    {
        SoftwareKey other = SoftwareKey.Parent("ecc");
        using CertificateSigner signer = _agent.Open();
        using var proxy = new Msa();
        MigrationPackage package = _package with { ReleaseAuthorities = [proxy.Authority.Certificate!] };
        RecoveryRelease release = new AgentKey(signer).Release(package, Elsewhere(other.PublicArea), "drill", [proxy.Decide(Elsewhere(other.PublicArea))]).Release;
        SealedSecret sealedKey = release.SealedKey;
        Assert.Throws<WrappingIntegrityException>(() => KeyWrap.Unwrap(_holder.AsParent, _holder.Private, sealedKey.PublicArea.Name, sealedKey.Wrapped));
        using RecoveryKey recovery = OpenAsAgent();
        Assert.True(KeyWrap.Unwrap(other.AsParent, other.Private, sealedKey.PublicArea.Name, sealedKey.Wrapped).AsSpan().IndexOf(recovery.Secret) > 0);
    }

    private RecoveryKey OpenAsAgent()
    {
        using CertificateSigner signer = _agent.Open();
        return RecoveryKey.From(AgentEnvelope.TryOpen(_package.InnerWrap!.Agents[0].Envelope, _agent.Agent.Key, signer.Key)!);
    }

    private static MigrationDestination Elsewhere(TpmtPublic? parent = null) =>
        new() { Kind = DestinationKind.StorageKey, HostName = "elsewhere", Created = StoredKeys.Now(), Parent = parent ?? SoftwareKey.Parent("ecc").PublicArea };

    /// <summary>The migrating key, then the data key.</summary>
    private IEnumerable<(TpmtPublic Area, WrappedKey Wrapped, byte[] InnerKey)> Objects()
    {
        var blob = (MigrationBlob)_package.Keys[0].Blob;
        PackageDataKey data = _package.DataKey!;
        yield return (_package.Keys[0].PublicArea, new WrappedKey(blob.Duplicate, blob.EncryptedSeed), blob.InnerKey!);
        yield return (data.PublicArea, new WrappedKey(data.Duplicate, data.EncryptedSeed), data.InnerKey!);
    }

    private byte[] InsideOuterWrap((TpmtPublic Area, WrappedKey Wrapped, byte[] InnerKey) o)
    {
        byte[] seed = SecretSharing.Decapsulate(_holder.Private, _holder.PublicArea.NameAlg, SecretLabel.Duplicate, o.Wrapped.EncryptedSeed);
        return OuterWrap.Open(_holder.PublicArea.NameAlg, 128, seed, o.Area.Name, o.Wrapped.Duplicate);
    }

    /// <summary>AES-128 keys out of everything that the package shows.</summary>
    private IEnumerable<byte[]> Guesses()
    {
        PackageInnerWrap wrap = _package.InnerWrap!;
        byte[][] known =
        [
            new byte[32], _package.Id.ToByteArray(), wrap.Passphrase!.Salt, wrap.Passphrase.WrappedKey, wrap.Agents[0].Envelope, wrap.Agents[0].Certificate,
            _package.DataKey!.Duplicate, _package.Keys[0].PublicArea.Name, .. Objects().Select(o => o.InnerKey), .. Objects().Select(o => o.Wrapped.EncryptedSeed),
        ];
        foreach (byte[] bytes in known)
        {
            yield return SHA256.HashData(bytes)[..16];
            yield return bytes[..16];
            yield return bytes[^16..];
        }
    }
}
