using System;
using System.Linq;
using System.Text;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Interop;

/// <summary>The policy digests we compute are those of sessions in a TPM.</summary>
public sealed class PolicyDigestTests : IDisposable
{
    private const string Session = "trial.ctx";
    private const string Digest = "digest";

    private readonly SimulatedTpm _tpm = SimulatedTpm.Start();

    public void Dispose() => _tpm.Dispose();

    public static TheoryData<string, TpmAlgId> Hashes => new() { { "sha256", TpmAlgId.Sha256 }, { "sha384", TpmAlgId.Sha384 } };

    [Theory, MemberData(nameof(Hashes))]
    public void PolicyAuthValue_is_that_of_the_tpm2_tools(string hash, TpmAlgId alg) =>
        Assert.Equal(Trial(hash, "policyauthvalue"), new PolicyDigest(alg).AuthValue().Value);

    [Theory, MemberData(nameof(Hashes))]
    public void PolicySecret_of_the_Owner_is_that_of_the_tpm2_tools(string hash, TpmAlgId alg)
    {
        Assert.Equal(Trial(hash, "policysecret", "-c", "o"), new PolicyDigest(alg).Secret(TpmHandle.Owner.Name, []).Value);
        Assert.Equal(Trial(hash, "policysecret", "-c", "o", "-q", "c0ffee"), new PolicyDigest(alg).Secret(TpmHandle.Owner.Name, [0xC0, 0xFF, 0xEE]).Value);
    }

    [Theory, MemberData(nameof(Hashes))]
    public void PolicyCommandCode_is_that_of_the_tpm2_tools(string hash, TpmAlgId alg) =>
        Assert.Equal(Trial(hash, "policycommandcode", "TPM2_CC_Duplicate"), new PolicyDigest(alg).CommandCode(TpmCc.Duplicate).Value);

    [Theory, MemberData(nameof(Hashes))]
    public void The_policy_of_a_migratable_key_is_that_of_the_tpm2_tools(string hash, TpmAlgId alg) =>
        Assert.Equal(_tpm.MakeMigrationPolicy(hash), PolicyBranches.Digest(alg, [KeyPolicies.MigratableBranch]));

    [Theory]
    [InlineData(TpmAlgId.Sha256)]
    [InlineData(TpmAlgId.Sha384)]
    public void The_policy_of_a_migratable_key_is_that_of_a_trial_session(TpmAlgId alg)
    {
        using var machine = new Machine();

        byte[] digest = machine.Run(loader =>
        {
            using TpmSession session = TpmSession.Start(loader.Device, TpmSe.Trial, hash: alg);
            loader.Device.Execute(new PolicyAuthValue { PolicySession = session.Handle });
            loader.Device.Execute(new PolicySecret { AuthHandle = TpmHandle.Owner, PolicySession = session.Handle }, TpmAuthorization.Empty);
            loader.Device.Execute(new PolicyCommandCode { PolicySession = session.Handle, CommandCode = TpmCc.Duplicate });
            return loader.Device.Execute(new PolicyGetDigest { PolicySession = session.Handle });
        });

        Assert.Equal(digest, PolicyBranches.Digest(alg, [KeyPolicies.MigratableBranch]));
    }

    [Theory, MemberData(nameof(Hashes))]
    public void PolicyDuplicationSelect_is_that_of_the_tpm2_tools(string hash, TpmAlgId alg)
    {
        byte[] key = NameOf("key"), parent = NameOf("parent");
        _tpm.WriteFile("key.name", key);
        _tpm.WriteFile("parent.name", parent);

        Assert.Equal(Trial(hash, "policyduplicationselect", "-n", "key.name", "-N", "parent.name", "--include-object"), new PolicyDigest(alg).DuplicationSelect(key, parent).Value);
        Assert.Equal(Trial(hash, "policyduplicationselect", "-n", "key.name", "-N", "parent.name"), new PolicyDigest(alg).DuplicationSelect(null, parent).Value);
        Assert.Equal(Trial(hash, "policyduplicationselect", "-N", "parent.name"), new PolicyDigest(alg).DuplicationSelect(null, parent).Value);
    }

    [Theory, MemberData(nameof(Hashes))]
    public void PolicyAuthorize_is_that_of_the_tpm2_tools(string hash, TpmAlgId alg)
    {
        byte[] authority = NameOf("authority");
        _tpm.WriteFile("authority.name", authority);
        _tpm.WriteFile("approved", new byte[TpmHash.Size(alg)]);

        Assert.Equal(
            Trial(hash, "policyauthorize", "-i", "approved", "-n", "authority.name", "-q", Hex.Format(SelectionPolicy.Reference)),
            PolicyBranches.Digest(alg, new SelectionPolicy([authority]).Branches));
        Assert.Equal(
            Trial(hash, "policyauthorize", "-i", "approved", "-n", "authority.name", "-q", "c0ffee"),
            new PolicyDigest(alg).Authorize(authority, [0xC0, 0xFF, 0xEE]).Value);
    }

    [Theory]
    [InlineData("sha256", TpmAlgId.Sha256, 2)]
    [InlineData("sha384", TpmAlgId.Sha384, 2)]
    [InlineData("sha256", TpmAlgId.Sha256, 8)]
    public void PolicyOR_is_that_of_the_tpm2_tools(string hash, TpmAlgId alg, int count)
    {
        byte[][] digests = [.. Enumerable.Range(0, count).Select(i => TpmHash.Digest(alg, [(byte)i]))];
        string[] files = [.. digests.Select((_, i) => $"branch{i}")];
        for (int i = 0; i < count; i++) _tpm.WriteFile(files[i], digests[i]);

        Assert.Equal(Trial(hash, "policyor", $"{hash}:{string.Join(',', files)}"), new PolicyDigest(alg).Or(digests).Value);
    }

    [Theory]
    [InlineData("rsa", "RSA", "rsa_keygen_bits:2048")]
    [InlineData("ecc", "EC", "ec_paramgen_curve:P-256")]
    public void The_name_of_an_authority_is_the_one_that_the_tpm2_tools_give_its_key(string type, string algorithm, string option)
    {
        _tpm.Tool("openssl", "req", "-x509", "-newkey", algorithm, "-pkeyopt", option, "-nodes", "-subj", "/CN=Authority", "-keyout", "msa.key", "-out", "msa.pem");
        _tpm.Tool("openssl", "x509", "-in", "msa.pem", "-noout", "-pubkey", "-out", "msa.pub");
        _tpm.Tool("openssl", "pkey", "-pubin", "-in", "msa.pub", "-outform", "DER", "-out", "msa.der");
        _tpm.Tpm2("loadexternal", "-C", "o", "-G", type, "-u", "msa.pub", "-c", "msa.ctx", "-n", "msa.name");

        SelectionAuthority authority = SelectionAuthority.FromCertificate(CertificateText.Split(_tpm.ReadFile("msa.pem"))[0]);
        Assert.Equal(_tpm.ReadFile("msa.name"), authority.TpmName);
        Assert.Equal(authority, SelectionAuthority.FromPublicKey(_tpm.ReadFile("msa.der")));
    }

    [Fact]
    public void PolicySigned_is_that_of_the_tpm2_tools()
    {
        _tpm.Tool("openssl", "genrsa", "-out", "authority.pem", "2048");
        _tpm.Tool("openssl", "rsa", "-in", "authority.pem", "-pubout", "-out", "authority.pub.pem");
        _tpm.Tpm2("loadexternal", "-C", "o", "-G", "rsa", "-u", "authority.pub.pem", "-c", "authority.ctx", "-n", "authority.name");
        byte[] authority = _tpm.ReadFile("authority.name");
        foreach (string qualifier in (string[])["", "c0ffee"])
        {
            string[] options = qualifier.Length == 0 ? [] : ["-q", qualifier];
            _tpm.StartSession(Session, policySession: true);
            _tpm.Tool("tpm2_policysigned", ["-S", Session, "-c", "authority.ctx", "-g", "sha256", "--raw-data", "to-sign", .. options]);
            _tpm.Tool("openssl", "dgst", "-sha256", "-sign", "authority.pem", "-out", "signature", "to-sign");
            _tpm.Tpm2("policysigned", ["-S", Session, "-c", "authority.ctx", "-g", "sha256", "-f", "rsassa", "-s", "signature", "-L", Digest, .. options]);
            _tpm.Tool("tpm2_flushcontext", Session);

            Assert.Equal(_tpm.ReadFile(Digest), new PolicyDigest().Signed(authority, Convert.FromHexString(qualifier)).Value);
        }
    }

    private static byte[] NameOf(string what) => ObjectName.Of(TpmAlgId.Sha256, Encoding.ASCII.GetBytes(what));

    /// <summary>The digest of a trial session after one policy command.</summary>
    private byte[] Trial(string hash, string tool, params string[] arguments)
    {
        _tpm.StartSession(Session, hash: hash);
        _tpm.Tpm2(tool, ["-S", Session, "-L", Digest, .. arguments]);
        _tpm.Tool("tpm2_flushcontext", Session);
        return _tpm.ReadFile(Digest);
    }
}
