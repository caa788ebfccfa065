using System;
using TpmMigration.Approvals;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>A Migration Authority whose storage key is in the TPM of its host.</summary>
public sealed class TpmStorageKeyTests : IDisposable
{
    private readonly SimulatedTpm _host = SimulatedTpm.Start();
    private readonly ClientMachine _machine = new();
    private readonly AuthorityProcess _authority = new();

    [Fact]
    public void Packages_are_wrapped_anew_inside_the_TPM_and_packages_of_a_software_key_come_in_by_rotation()
    {
        _authority.Do("init", "--name", "Example MA");
        _authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath, "--reason", "of the tests");
        _authority.Serve();
        using var client = new SoapClient(_authority);
        byte[] token = _machine.Authenticate(client);
        MigrationPackage before = Upload(client, token, client.AuthorityKey());

        Assert.Contains("ECC P-256 in the TPM", _authority.Do("rotate", "--tpm", _host.ConnectionString, "--reason", "a TPM came"), StringComparison.Ordinal);
        _authority.Do("rotate", "--retire", "--reason", "nothing depends on it");
        MigrationAuthorityKey key = client.AuthorityKey();
        Assert.True(key.Parent.Has(TpmaObject.FixedTpm | TpmaObject.FixedParent | TpmaObject.SensitiveDataOrigin));
        MigrationPackage after = Upload(client, token, key);
        foreach (MigrationPackage package in new[] { before, after })
        {
            MigrationPackage released = Download(client, token, package);
            // The way is that of the approvals: to the key for which it was exported.
            Assert.Equal(Hex.Format(package.Destination.Parent.Name), Hex.Format(Assert.Single(released.Rewraps).ParentName));
            ReleaseTests.Forget(_machine, package);
            Assert.Single(ReleaseTests.Import(_machine, released));
        }
        Assert.Equal(string.Empty, _host.Tool("tpm2_getcap", "handles-transient").Trim());

        // Altered on the way: the TPM sees it.
        MigrationPackage whole = _machine.Package(key.ToDestination());
        var blob = (MigrationBlob)whole.Keys[0].Blob;
        byte[] duplicate = [.. blob.Duplicate[..^1], (byte)~blob.Duplicate[^1]];
        client.Refused("PackageAltered", "Upload", Part("Token", token), Part("Package", _machine.Sign(whole with { Keys = [whole.Keys[0] with { Blob = blob with { Duplicate = duplicate } }] })));

        // Without its TPM it releases nothing, says so, and goes on when the TPM is back.
        _host.Dispose();
        client.Refused("Unavailable", "Download", Part("Token", token), Part("PackageId", after.Id));
        client.Refused("Unavailable", "Upload", Part("Token", token), Part("Package", _machine.Sign(whole)));
        Assert.Single(client.Call("Query", Part("Token", token), Part("PackageId", after.Id)).Elements(Ns + "Entry"));
    }

    [Fact]
    public void There_is_no_authority_without_the_TPM_that_its_key_is_to_be_in()
    {
        (int code, _, string error) = _authority.Run("init", "--tpm", "swtpm:host=127.0.0.1,port=1");
        Assert.Equal(1, code);
        Assert.Contains("The TPM that holds the storage key cannot be used.", error, StringComparison.Ordinal);
        Assert.NotEqual(0, _authority.Run("status").ExitCode);
        _authority.Do("init", "--tpm", _host.ConnectionString, "--storage-key", "rsa2048");
        Assert.Contains("RSA 2048 in the TPM", _authority.Do("status"), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _machine.Dispose();
        _host.Dispose();
    }

    private MigrationPackage Upload(SoapClient client, byte[] token, MigrationAuthorityKey key)
    {
        MigrationPackage package = _machine.Package(key.ToDestination());
        client.Call("Upload", Part("Token", token), Part("Package", _machine.Sign(package)));
        return package;
    }

    private static MigrationPackage Download(SoapClient client, byte[] token, MigrationPackage package) =>
        ReleaseTests.Released(client.Call("Download", Part("Token", token), Part("PackageId", package.Id)));
}
