using System;
using System.Linq;
using System.Text;
using TpmMigration.Keys;
using TpmMigration.Testing;
using TpmMigration.Tpm;
using TpmMigration.Transport;
using Xunit;

namespace TpmMigration.Tests.Tpm;

/// <summary>Sessions and the commands of later parts, against a real TPM's idea of them.</summary>
public sealed class SessionTests : IDisposable
{
    private static readonly byte[] s_password = Encoding.ASCII.GetBytes("key-password");

    private readonly SimulatedTpm _machine = SimulatedTpm.Start();
    private readonly TpmDevice _device;
    private readonly TpmObject _root;

    public SessionTests()
    {
        _device = TpmDevice.Open(_machine.ConnectionString);
        _root = StorageRootKey.Load(_device, []);
    }

    public void Dispose()
    {
        _device.Dispose();
        string left = _machine.Tool("tpm2_getcap", "handles-transient") + _machine.Tool("tpm2_getcap", "handles-loaded-session");
        _machine.Dispose();
        Assert.Equal(string.Empty, left.Trim());
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Salted_and_bound_sessions_authorize_and_encrypt_in_both_directions(bool salted, bool bound)
    {
        byte[] secret = [1, 2, 3, 4, 5, 6, 7, 8];
        TpmObject sealedData = Seal(secret);
        using TpmSession session = TpmSession.Start(
            _device, TpmSe.Hmac, salted ? _root : null, bound ? sealedData.Handle : null, bound ? s_password : null);

        for (int use = 0; use < 3; use++)
            Assert.Equal(secret, _device.Execute(new Unseal { ItemHandle = sealedData.Handle }, session.Authorize(s_password, TpmaSession.Encrypt)));
        Assert.Equal(secret, _device.Execute(
            new Unseal { ItemHandle = sealedData.Handle }, TpmAuthorization.Password(s_password), session.Protect(TpmaSession.Encrypt)));
        _device.Flush(sealedData.Handle);
    }

    [Fact]
    public void A_wrong_password_is_refused_and_the_session_goes_on()
    {
        TpmObject sealedData = Seal([9]);
        using TpmSession session = TpmSession.Start(_device, TpmSe.Hmac, _root);
        TpmException refusal = Assert.Throws<TpmException>(() => _device.Execute(new Unseal { ItemHandle = sealedData.Handle }, session.Authorize([1])));
        Assert.True(refusal.Code == TpmRc.AuthFail || refusal.Code == TpmRc.BadAuth);
        Assert.Equal([9], _device.Execute(new Unseal { ItemHandle = sealedData.Handle }, session.Authorize([.. s_password, 0, 0])));
        _device.Flush(sealedData.Handle);
    }

    [Fact]
    public void An_answer_that_was_altered_on_its_way_is_refused()
    {
        TpmObject sealedData = Seal([9]);
        using var altering = new TpmDevice(new Altering(new RetryTransport(TpmConnection.Open(_machine.ConnectionString))));
        TpmSession session = TpmSession.Start(altering, TpmSe.Hmac, _root);
        Assert.Throws<TpmWireException>(() => altering.Execute(new Unseal { ItemHandle = sealedData.Handle }, session.Authorize(s_password)));
        session.Dispose();
        _device.Flush(sealedData.Handle);
    }

    [Fact]
    public void Software_digests_are_those_of_a_trial_session()
    {
        byte[] otherName = [0, 11, .. new byte[32]];
        byte[] other = new byte[32];
        using TpmSession trial = TpmSession.Start(_device, TpmSe.Trial);
        _device.Execute(new PolicyAuthValue { PolicySession = trial.Handle });
        _device.Execute(new PolicySecret { AuthHandle = TpmHandle.Owner, PolicySession = trial.Handle }, TpmAuthorization.Empty);
        _device.Execute(new PolicyCommandCode { PolicySession = trial.Handle, CommandCode = TpmCc.Duplicate });
        Assert.Equal(PolicyBranches.Digest(TpmAlgId.Sha256, [KeyPolicies.MigratableBranch]), Digest(trial));

        _device.Execute(new PolicyOr { PolicySession = trial.Handle, HashList = [Digest(trial), other] });
        Assert.Equal(new PolicyDigest().Or([PolicyBranches.Digest(TpmAlgId.Sha256, [KeyPolicies.MigratableBranch]), other]).Value, Digest(trial));

        foreach (bool include in new[] { true, false })
        {
            _device.Execute(new PolicyRestart { PolicySession = trial.Handle });
            _device.Execute(new PolicyDuplicationSelect { PolicySession = trial.Handle, ObjectName = _root.Handle.Name, NewParentName = otherName, IncludeObject = include });
            Assert.Equal(new PolicyDigest().DuplicationSelect(include ? _root.Handle.Name : null, otherName).Value, Digest(trial));
        }
    }

    [Fact]
    public void A_CMK_goes_where_its_authority_signed_and_is_rewrapped_from_there()
    {
        // The authority's key lives in this TPM for the test's sake; to the CMK it is a public key like any other.
        TpmObject authority = Create(KeyTemplates.Migratable(KeyRole.Sign, KeyAlgorithm.EccP256, [KeyPolicies.MigratableBranch], encryptedDuplication: false));
        var scheme = new TpmtScheme(TpmAlgId.EcDsa, TpmAlgId.Sha256);
        byte[] approved = new PolicyDigest().AuthValue().DuplicationSelect(null, _root.Handle.Name).Value;
        byte[] toSign = TpmHash.Digest(TpmAlgId.Sha256, approved, SelectionPolicy.Reference);
        TpmtSignature signature = _device.Execute(new Sign { KeyHandle = authority.Handle, Digest = toSign, InScheme = scheme }, TpmAuthorization.Empty);
        Assert.True(authority.PublicArea.Verifies(toSign, signature));
        _device.Flush(authority.Handle);
        TpmObject verifier = _device.Execute(new LoadExternal { InPublic = authority.PublicArea, Hierarchy = TpmHandle.Owner });
        TpmtTicket ticket = _device.Execute(new VerifySignature { KeyHandle = verifier.Handle, Digest = toSign, Signature = signature });
        _device.Flush(verifier.Handle);

        TpmtPublic template = KeyTemplates.Migratable(KeyRole.Sign, KeyAlgorithm.EccP256, new SelectionPolicy([authority.Handle.Name]).Branches, encryptedDuplication: false);
        TpmObject key = Create(template);
        KeyClassification classification = KeyClassification.Of(key.PublicArea, new SelectionPolicy([authority.Handle.Name]).Branches);
        Assert.Equal(KeyKind.CertifiableMigratable, classification.Kind);
        Assert.Equal(KeyKind.CertifiableMigratable, KeyClassification.Of(key.PublicArea, [], [authority.Handle.Name]).Kind);
        Assert.Equal(KeyKind.UnknownPolicy, KeyClassification.Of(key.PublicArea, []).Kind);

        using TpmSession policy = TpmSession.Start(_device, TpmSe.Policy, _root);
        _device.Execute(new PolicyAuthValue { PolicySession = policy.Handle });
        _device.Execute(new PolicyDuplicationSelect { PolicySession = policy.Handle, ObjectName = key.Handle.Name, NewParentName = _root.Handle.Name, IncludeObject = false });
        _device.Execute(new PolicyAuthorize { PolicySession = policy.Handle, ApprovedPolicy = approved, PolicyRef = SelectionPolicy.Reference, KeySign = authority.Handle.Name, CheckTicket = ticket });
        DuplicateResponse duplicate = _device.Execute(new Duplicate { ObjectHandle = key.Handle, NewParentHandle = _root.Handle }, policy.Authorize([]));
        _device.Flush(key.Handle);

        RewrapResponse again = _device.Execute(
            new Rewrap { OldParent = _root.Handle, NewParent = _root.Handle, InDuplicate = duplicate.OutPrivate, Name = key.Handle.Name, InSymSeed = duplicate.OutSymSeed },
            TpmAuthorization.Empty);
        byte[] imported = _device.Execute(
            new Import { ParentHandle = _root.Handle, ObjectPublic = key.PublicArea, Duplicate = again.OutDuplicate, InSymSeed = again.OutSymSeed }, TpmAuthorization.Empty);
        TpmObject loaded = _device.Execute(new Load { ParentHandle = _root.Handle, InPrivate = imported, InPublic = key.PublicArea }, TpmAuthorization.Empty);
        _device.Flush(loaded.Handle);
    }

    [Fact]
    public void A_signed_policy_is_accepted_with_the_right_signature_only()
    {
        TpmObject signer = Create(KeyTemplates.Migratable(KeyRole.Sign, KeyAlgorithm.Rsa2048, [KeyPolicies.MigratableBranch], encryptedDuplication: false));
        byte[] reference = [7];
        byte[] toSign = TpmHash.Digest(TpmAlgId.Sha256, [0, 0, 0, 0], reference); // expiration 0, no nonce, no cpHash
        TpmtSignature signature = _device.Execute(
            new Sign { KeyHandle = signer.Handle, Digest = toSign, InScheme = new TpmtScheme(TpmAlgId.RsaPss, TpmAlgId.Sha256) }, TpmAuthorization.Empty);
        using TpmSession policy = TpmSession.Start(_device, TpmSe.Policy);
        _device.Execute(new PolicySigned { AuthObject = signer.Handle, PolicySession = policy.Handle, PolicyRef = reference, Auth = signature });
        Assert.Equal(new PolicyDigest().Signed(signer.Handle.Name, reference).Value, Digest(policy));
        Assert.Throws<TpmException>(() => _device.Execute(new PolicySigned { AuthObject = signer.Handle, PolicySession = policy.Handle, PolicyRef = [8], Auth = signature }));
        _device.Flush(signer.Handle);
    }

    [Fact]
    public void A_credential_is_opened_by_the_TPM_that_it_was_made_for()
    {
        TpmObject key = Create(KeyTemplates.Attestation);
        byte[] credential = [1, 2, 3];
        MakeCredentialResponse made = _device.Execute(new MakeCredential { Handle = _root.Handle, Credential = credential, ObjectName = key.Handle.Name });
        Assert.Equal(credential, _device.Execute(
            new ActivateCredential { ActivateHandle = key.Handle, KeyHandle = _root.Handle, CredentialBlob = made.CredentialBlob, Secret = made.Secret },
            TpmAuthorization.Empty, TpmAuthorization.Empty));
        _device.Flush(key.Handle);
    }

    [Fact]
    public void Missing_authorizations_are_the_callers_mistake() =>
        Assert.Throws<ArgumentException>(() => _device.Execute(new Unseal { ItemHandle = _root.Handle }));

    private byte[] Digest(TpmSession session) => _device.Execute(new PolicyGetDigest { PolicySession = session.Handle });

    private TpmObject Seal(byte[] data) => Create(KeyTemplates.SealedChildOf(_root.PublicArea), s_password, data);

    private TpmObject Create(TpmtPublic template, byte[]? password = null, byte[]? data = null)
    {
        using TpmSession session = TpmSession.Start(_device, TpmSe.Hmac, _root);
        CreateResponse created = _device.Execute(
            new Create { ParentHandle = _root.Handle, InSensitive = new TpmsSensitiveCreate(password ?? [], data ?? []), InPublic = template },
            session.Authorize([], TpmaSession.Decrypt | TpmaSession.Encrypt));
        return _device.Execute(new Load { ParentHandle = _root.Handle, InPrivate = created.OutPrivate, InPublic = created.OutPublic }, TpmAuthorization.Empty);
    }

    /// <summary>Flips a bit in each answer that carries a session's HMAC.</summary>
    private sealed class Altering(ITpmTransport inner) : TransportDecorator(inner)
    {
        public override byte[] Transmit(byte[] command, System.Threading.CancellationToken cancellation)
        {
            byte[] response = Inner.Transmit(command, cancellation);
            if (response.Take(2).SequenceEqual(new byte[] { 0x80, 0x02 })) response[^1] ^= 1;
            return response;
        }
    }
}
