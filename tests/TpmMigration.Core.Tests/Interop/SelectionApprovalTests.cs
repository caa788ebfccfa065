using System;
using System.Linq;
using System.Text;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Tests.Migration;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Interop;

/// <summary>The policies of CMKs and what authorities approve are those of other people's tools, which export a key with our approval alone.</summary>
public sealed class SelectionApprovalTests
{
    private const string TrialPolicies =
        """
        import sys
        from tpm2_pytss import *
        parent, key, ref = (bytes.fromhex(text) for text in sys.argv[2:5])
        authorities = [bytes.fromhex(text) for text in sys.argv[5:]]
        with ESAPI(sys.argv[1]) as tpm:
            session = tpm.start_auth_session(tpm_key=ESYS_TR.NONE, bind=ESYS_TR.NONE, session_type=TPM2_SE.TRIAL, symmetric=TPMT_SYM_DEF(algorithm=TPM2_ALG.NULL), auth_hash=TPM2_ALG.SHA256)
            def digest():
                return bytes(tpm.policy_get_digest(session))
            tpm.policy_auth_value(session)
            tpm.policy_duplication_select(session, TPM2B_NAME(key), TPM2B_NAME(parent), True)
            approved = digest()
            branches = []
            ticket = TPMT_TK_VERIFIED(tag=TPM2_ST.VERIFIED, hierarchy=TPM2_RH.OWNER)
            for authority in authorities:
                tpm.policy_restart(session)
                tpm.policy_authorize(session, TPM2B_DIGEST(bytes(32)), TPM2B_NONCE(ref), TPM2B_NAME(authority), ticket)
                branches.append(digest())
            tpm.policy_or(session, TPML_DIGEST([TPM2B_DIGEST(branch) for branch in branches]))
            print(approved.hex(), digest().hex())
            tpm.flush_context(session)
        """;

    [Theory]
    [InlineData(false, "ecc")]
    [InlineData(true, "rsa")]
    public void The_tpm2_tools_make_a_CMK_and_export_it_with_our_approval(bool rsa, string type)
    {
        using Machine a = Workbench.WithStorageRoot(), b = Workbench.WithStorageRoot();
        using var msa = new Msa(rsa);
        SimulatedTpm tpm = a.Tpm;
        string reference = Hex.Format(SelectionPolicy.Reference);
        tpm.WriteFile("msa.pub", Encoding.ASCII.GetBytes(msa.PublicKeyPem));
        tpm.Tpm2("loadexternal", "-C", "o", "-G", type, "-u", "msa.pub", "-c", "msa.ctx", "-n", "msa.name");
        Assert.Equal(msa.Authority.TpmName, tpm.ReadFile("msa.name"));

        // The policy of the key, by the tools and by us.
        tpm.WriteFile("none", new byte[32]);
        tpm.StartSession("trial.ctx");
        tpm.Tpm2("policyauthorize", "-S", "trial.ctx", "-i", "none", "-n", "msa.name", "-q", reference, "-L", "cmk.policy");
        tpm.Tpm2("flushcontext", "trial.ctx");
        Assert.Equal(PolicyBranches.Digest(TpmAlgId.Sha256, new SelectionPolicy([msa.Authority.TpmName]).Branches), tpm.ReadFile("cmk.policy"));
        tpm.Tpm2("create", "-C", Workbench.StorageRoot, "-G", "ecc", "-a", "sensitivedataorigin|userwithauth|sign", "-L", "cmk.policy", "-u", "key.pub", "-r", "key.priv");
        tpm.Tpm2("load", "-C", Workbench.StorageRoot, "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx", "-n", "key.name");

        // What the authority approved, by the tools and by us.
        MigrationDestination destination = b.Destination();
        var key = new SelectedKey("key", tpm.ReadFile("key.name"));
        SelectionApproval approval = msa.Decide(destination, key);
        PolicyAuthorization authorization = Assert.Single(approval.PolicyAuthorizations);
        tpm.WriteFile("parent.pub", destination.Parent.MarshalSized());
        tpm.Tpm2("loadexternal", "-u", "parent.pub", "-c", "parent.ctx", "-n", "parent.name");
        tpm.StartSession("trial.ctx");
        Select(tpm, "trial.ctx", "-L", "approved.policy");
        tpm.Tpm2("flushcontext", "trial.ctx");
        Assert.Equal(authorization.ApprovedPolicy, tpm.ReadFile("approved.policy"));

        // The signature, and the export, by the tools alone.
        tpm.WriteFile("signed", [.. authorization.ApprovedPolicy, .. SelectionPolicy.Reference]);
        tpm.WriteFile("signature", authorization.Signature.Marshal());
        tpm.Tpm2("verifysignature", "-c", "msa.ctx", "-g", "sha256", "-m", "signed", "-s", "signature", "-t", "ticket");
        tpm.Tpm2("startauthsession", "--policy-session", "-S", "policy.ctx");
        Select(tpm, "policy.ctx");
        tpm.Tpm2("policyauthorize", "-S", "policy.ctx", "-i", "approved.policy", "-n", "msa.name", "-q", reference, "-t", "ticket");
        tpm.Tpm2("duplicate", "-C", "parent.ctx", "-c", "key.ctx", "-G", "null", "-p", "session:policy.ctx", "-r", "key.dup", "-s", "key.seed");
        tpm.Tpm2("flushcontext", "policy.ctx");

        b.Tpm.WriteFile("key.pub", tpm.ReadFile("key.pub"));
        b.Tpm.WriteFile("key.dup", tpm.ReadFile("key.dup"));
        b.Tpm.WriteFile("key.seed", tpm.ReadFile("key.seed"));
        b.Tpm.Tpm2("import", "-C", Workbench.StorageRoot, "-u", "key.pub", "-i", "key.dup", "-s", "key.seed", "-r", "key.priv");
        b.Tpm.Tpm2("load", "-C", Workbench.StorageRoot, "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx", "-n", "key.name");
        Assert.Equal(key.TpmName, b.Tpm.ReadFile("key.name"));
    }

    [Fact]
    public void The_policy_of_a_quorum_and_the_command_it_names_are_those_of_the_tpm2_tools()
    {
        using var machine = new Machine();
        using Msa one = new(rsa: true), other = new();
        SimulatedTpm tpm = machine.Tpm;
        MigrationDestination destination = machine.Destination();
        byte[] keyName = ObjectName.Of(TpmAlgId.Sha256, [1]);
        DuplicationAuthorization[] words = [.. new[] { one, other }.OrderBy(msa => Hex.Format(msa.Authority.TpmName), StringComparer.Ordinal)
            .Select(msa => msa.Decide(destination, new SelectedKey("k", keyName)).DuplicationAuthorizations.Single(word => !word.InnerWrap))];
        Msa[] inOrder = [.. new[] { one, other }.OrderBy(msa => Hex.Format(msa.Authority.TpmName), StringComparer.Ordinal)];

        tpm.StartSession("trial.ctx");
        tpm.Tpm2("policyauthvalue", "-S", "trial.ctx");
        for (int i = 0; i < 2; i++)
        {
            tpm.WriteFile("msa.pub", Encoding.ASCII.GetBytes(inOrder[i].PublicKeyPem));
            tpm.WriteFile("cphash", SizedBytes.Join(words[i].CpHash));
            tpm.WriteFile("signature", words[i].Signature.Marshal());
            tpm.Tpm2("loadexternal", "-C", "o", "-G", inOrder[i] == one ? "rsa" : "ecc", "-u", "msa.pub", "-c", "msa.ctx");
            tpm.Tpm2("policysigned", "-S", "trial.ctx", "-c", "msa.ctx", "-g", "sha256", "-s", "signature", "-q", Hex.Format(SelectionPolicy.Reference), "--cphash-input", "cphash");
            tpm.Tpm2("flushcontext", "--transient-object");
        }
        tpm.Tpm2("policycommandcode", "-S", "trial.ctx", "TPM2_CC_Duplicate", "-L", "policy");
        tpm.Tpm2("flushcontext", "trial.ctx");

        Assert.Equal(PolicyBranches.Digest(TpmAlgId.Sha256, new SelectionPolicy(inOrder.Select(msa => msa.Authority.TpmName), 2).Branches), tpm.ReadFile("policy"));
    }

    [Fact]
    public void Pytss_computes_the_same_policies()
    {
        using var machine = new Machine();
        using Msa one = new(rsa: true), other = new();
        MigrationDestination destination = machine.Destination();
        byte[] keyName = ObjectName.Of(TpmAlgId.Sha256, [1]);
        var policy = new SelectionPolicy([one.Authority.TpmName, other.Authority.TpmName]);

        string[] digests = machine.Tpm.Tool(
            "/usr/bin/python3", ["-c", TrialPolicies, machine.Tpm.Tcti, Hex.Format(destination.Parent.Name), Hex.Format(keyName), Hex.Format(SelectionPolicy.Reference), .. policy.Authorities.Select(Hex.Format)]).Trim().Split(' ');

        Assert.Equal(Hex.Format(one.Decide(destination, new SelectedKey("k", keyName)).PolicyAuthorizations[0].ApprovedPolicy), digests[0]);
        Assert.Equal(Hex.Format(PolicyBranches.Digest(TpmAlgId.Sha256, policy.Branches)), digests[1]);
    }

    private static void Select(SimulatedTpm tpm, string session, params string[] more)
    {
        tpm.Tpm2("policyauthvalue", "-S", session);
        tpm.Tpm2("policyduplicationselect", ["-S", session, .. more, "-n", "key.name", "-N", "parent.name", "--include-object"]);
    }
}
