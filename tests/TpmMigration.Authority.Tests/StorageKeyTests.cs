using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using TpmMigration.Authority.Keys;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Authority;

/// <summary>The file of the keys, and what happens to a service when it is replaced.</summary>
public sealed class StorageKeyTests : IDisposable
{
    private static readonly DateTime s_time = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    private readonly TemporaryFolder _folder = new("tpm-ma-keys-");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(KeyAlgorithm.EccP256, "ECC P-256", TpmAlgId.Sha256)]
    [InlineData(KeyAlgorithm.EccP384, "ECC P-384", TpmAlgId.Sha384)]
    [InlineData(KeyAlgorithm.Rsa2048, "RSA 2048", TpmAlgId.Sha256)]
    [InlineData(KeyAlgorithm.Rsa3072, "RSA 3072", TpmAlgId.Sha384)]
    public void A_storage_key_of_each_algorithm_opens_what_is_wrapped_to_it_also_when_it_was_kept(KeyAlgorithm algorithm, string name, TpmAlgId nameAlg)
    {
        using SoftwareStorageKey key = SoftwareStorageKey.Create(algorithm, s_time);
        using SoftwareStorageKey kept = SoftwareStorageKey.Of(TpmtPublic.Unmarshal(key.Area.Marshal()), key.Secret, key.Created);
        Assert.Equal((name, nameAlg, s_time), (kept.Algorithm, kept.Area.NameAlg, kept.Created));
        using var migrating = SoftwareStorageKey.Create(KeyAlgorithm.EccP256, s_time);
        WrappedKey wrapped = KeyWrap.Wrap(key.Parent, migrating.Name, [1, 2, 3]);
        kept.RequireOpens(migrating.Name, wrapped);
        Assert.Throws<WrappingIntegrityException>(() => kept.RequireOpens(kept.Name, wrapped));
        byte[] secret = key.Secret;
        Assert.ThrowsAny<Exception>(() => SoftwareStorageKey.Of(migrating.Area, secret, s_time));
    }

    [Fact]
    public void All_storage_keys_come_back_from_the_file_the_newest_first()
    {
        byte[] secret = SecretBytes.Random(32);
        using AuthorityKeys keys = AuthorityKeys.Create("Example MA", ["localhost"], s_time);
        keys.Add(SoftwareStorageKey.Create(KeyAlgorithm.EccP384, s_time.AddDays(1)));
        keys.Add(SoftwareStorageKey.Create(KeyAlgorithm.Rsa2048, s_time.AddDays(2)));
        AuthorityKeyFile.Write(_folder["keys"], keys, keys.StorageKeys, secret);
        using AuthorityKeys read = AuthorityKeyFile.Read(_folder["keys"], secret);
        Assert.Equal(["RSA 2048", "ECC P-384", "ECC P-256"], read.StorageKeys.Select(key => key.Algorithm));
        Assert.Equal(keys.StorageKeys.Select(key => Hex.Format(key.Name)), read.StorageKeys.Select(key => Hex.Format(key.Name)));
        Assert.Same(read.StorageKeys[1], read.Find(keys.StorageKeys[1].Name));
        Assert.Null(read.Find(new byte[34]));
    }

    [Fact]
    public async Task A_service_goes_on_with_the_keys_of_a_file_that_was_replaced_unless_they_are_not_its_own()
    {
        var directory = new DataDirectory(_folder["data"]);
        directory.Create();
        using AuthorityKeys keys = AuthorityKeys.Create("Example MA", ["localhost"], s_time), others = AuthorityKeys.Create("Another MA", ["localhost"], s_time);
        byte[] secret = directory.ReadSecret();
        AuthorityKeyFile.Write(directory.KeysPath, keys, keys.StorageKeys, secret);
        using AuthorityKeys running = AuthorityKeyFile.Read(directory.KeysPath, secret);
        int failures = 0;
        var watch = new KeyFileWatch(directory, running, _ => failures++);
        running.Refresh();
        Assert.Equal((1, true, 0), (running.StorageKeys.Count, watch.IsCurrent, failures));

        keys.Add(SoftwareStorageKey.Create(KeyAlgorithm.EccP256, s_time));
        AuthorityKeyFile.Write(directory.KeysPath, keys, keys.StorageKeys, secret);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(running.Refresh)));
        Assert.Equal(Hex.Format(keys.StorageKey.Name), Hex.Format(running.StorageKey.Name));
        Assert.Equal(2, running.StorageKeys.Count);

        AuthorityKeyFile.Write(directory.KeysPath, others, others.StorageKeys, secret);
        running.Refresh();
        running.Refresh();
        Assert.Equal((2, false, 1), (running.StorageKeys.Count, watch.IsCurrent, failures));
        File.WriteAllText(directory.KeysPath, "no keys");
        running.Refresh();
        Assert.Equal((2, false, 2), (running.StorageKeys.Count, watch.IsCurrent, failures));
        AuthorityKeyFile.Write(directory.KeysPath, keys, keys.StorageKeys, secret);
        running.Refresh();
        Assert.True(watch.IsCurrent);
    }
}
