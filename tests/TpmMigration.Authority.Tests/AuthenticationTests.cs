using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Xml.Linq;
using TpmMigration.Authority.Clients;
using TpmMigration.Authority.Keys;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tests.Authority.Scene;
using TpmMigration.Tpm;
using Xunit;
using static TpmMigration.Tests.Authority.Scene.SoapClient;

namespace TpmMigration.Tests.Authority;

/// <summary>Who gets a token: an enabled, activated TPM that somebody vouches for, and nobody else.</summary>
public sealed class AuthenticationTests(Service service) : IClassFixture<Service>
{
    private SoapClient Client => service.Client;

    private ClientMachine Machine => service.Machine;

    [Fact]
    public void A_TPM_whose_certificate_leads_to_a_trusted_root_gets_a_token_and_is_known_by_its_endorsement_key()
    {
        XElement challenge = Client.Call("Authenticate", Machine.Hello());
        JsonElement record = Assert.Single(service.Audited(() =>
        {
            XElement completed = Client.Call("CompleteAuthentication", Machine.Answer(challenge).Parts());
            Assert.Equal(Hex.Format(Machine.EndorsementArea.Name), completed.Element(Ns + "Client")!.Value);
            Client.Call("Query", Part("Token", ClientMachine.Bytes(completed, "Token")));
        }));
        Assert.Equal("Success", record.GetProperty("outcome").GetString());
        Assert.Equal(Hex.Format(Machine.EndorsementArea.Name), record.GetProperty("client").GetString());
    }

    [Fact]
    public void An_endorsement_key_of_the_high_range_gets_in_as_well()
    {
        const uint Handle = 0x81010016, Certificate = 0x01C00016;
        TpmtPublic key = Machine.Machine.Run(loader => PersistentKeys.Read(loader.Device, Handle)!.PublicArea);
        Machine.Machine.Tpm.Tool("tpm2_nvread", $"0x{Certificate:X8}", "-o", "high.crt");
        byte[] certificate = File.ReadAllBytes(Path.Combine(Machine.Machine.Tpm.WorkDirectory, "high.crt"));
        XElement challenge = Client.Call(
            "Authenticate", Part("EndorsementCertificate", certificate), Part("EndorsementCertificate", Machine.Certificates[1]), Part("AttestationKey", Machine.AttestationArea.Marshal()));
        XElement completed = Client.Call("CompleteAuthentication", Machine.Answer(challenge, endorsementKey: key).Parts());
        Assert.Equal(Hex.Format(key.Name), completed.Element(Ns + "Client")!.Value);
    }

    [Fact]
    public void Instances_side_by_side_know_each_others_challenges_and_tokens_and_use_a_challenge_once()
    {
        using var beside = new AuthorityProcess(service.Authority);
        beside.Serve();
        using var other = new SoapClient(beside);
        ChallengeAnswer answer = Machine.Answer(Client.Call("Authenticate", Machine.Hello()));
        byte[] token = ClientMachine.Bytes(other.Call("CompleteAuthentication", answer.Parts()), "Token");
        Client.Refused("ChallengeUsed", "CompleteAuthentication", answer.Parts());
        Client.Call("Query", Part("Token", token));
        Assert.Equal(0, beside.Stop());
        Client.Call("Query", Part("Token", token));
    }

    [Fact]
    public void A_TPM_without_a_certificate_gets_in_if_its_endorsement_key_is_allowed_by_itself()
    {
        using var authority = AuthorityProcess.Start();
        using var client = new SoapClient(authority);
        object?[] hello = [Part("EndorsementKey", Machine.EndorsementArea.Marshal()), Part("AttestationKey", Machine.AttestationArea.Marshal())];
        client.Refused("EndorsementKeyNotTrusted", "Authenticate", hello);
        File.WriteAllBytes(authority["ek.pub"], Machine.EndorsementArea.MarshalSized());
        authority.Do("trust", "add", authority["ek.pub"], "--endorsement-key", "--reason", "Seen on the table");
        client.Call("CompleteAuthentication", Machine.Answer(client.Call("Authenticate", hello)).Parts());

        authority.Do("trust", "remove", Hex.Format(Machine.EndorsementArea.Name));
        client.Refused("EndorsementKeyNotTrusted", "Authenticate", hello);
        string trail = authority.Do("audit", "show");
        Assert.Contains("TrustAdd Success", trail, StringComparison.Ordinal);
        Assert.Contains("TrustRemove Success", trail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_TPM_of_no_trusted_manufacturer_is_refused_whatever_it_shows()
    {
        using var authority = AuthorityProcess.Start();
        using var client = new SoapClient(authority);
        client.Refused("EndorsementKeyNotTrusted", "Authenticate", Machine.Hello());
        // A root of somebody else does not help, and neither does the issuer's own certificate among those that are sent.
        File.WriteAllText(authority["root.pem"], CertificateText.ToPem(Foreign.Certificate()));
        authority.Do("trust", "add", authority["root.pem"]);
        client.Refused("EndorsementKeyNotTrusted", "Authenticate", Machine.Hello());
        service.AssertAudited("Authenticate", "EndorsementKeyNotTrusted", () =>
            Client.Refused("EndorsementKeyNotTrusted", "Authenticate", Part("EndorsementCertificate", Machine.Certificates[0]), Part("AttestationKey", Machine.AttestationArea.Marshal())));
    }

    [Fact]
    public void A_certificate_for_another_key_is_refused()
    {
        using var stranger = new ClientMachine();
        service.AssertAudited("Authenticate", "EndorsementKeyNotTrusted", () => Client.Refused(
            "EndorsementKeyNotTrusted", "Authenticate",
            Part("EndorsementKey", stranger.EndorsementArea.Marshal()), Part("EndorsementCertificate", Machine.Certificates[0]), Part("EndorsementCertificate", Machine.Certificates[1]),
            Part("AttestationKey", Machine.AttestationArea.Marshal())));
    }

    [Fact]
    public void An_endorsement_key_that_could_be_used_for_something_else_is_refused()
    {
        // The numbers are those of the certificate; the attributes are not the template's.
        TpmtPublic loose = With(Machine.EndorsementArea, Machine.EndorsementArea.ObjectAttributes & ~TpmaObject.Restricted);
        service.AssertAudited("Authenticate", "EndorsementKeyUnsupported", () => Client.Refused(
            "EndorsementKeyUnsupported", "Authenticate", [Part("EndorsementKey", loose.Marshal()), .. Machine.Hello()]));
        Client.Refused("EndorsementKeyUnsupported", "Authenticate", Part("EndorsementCertificate", [1, 2, 3]), Part("AttestationKey", Machine.AttestationArea.Marshal()));
        Client.Refused("Malformed", "Authenticate", Part("AttestationKey", Machine.AttestationArea.Marshal()));
    }

    [Theory]
    [InlineData(TpmaObject.Restricted, TpmaObject.None)]
    [InlineData(TpmaObject.FixedTpm, TpmaObject.None)]
    [InlineData(TpmaObject.FixedParent, TpmaObject.None)]
    [InlineData(TpmaObject.SensitiveDataOrigin, TpmaObject.None)]
    [InlineData(TpmaObject.Sign, TpmaObject.None)]
    [InlineData(TpmaObject.None, TpmaObject.Decrypt)]
    public void A_key_that_could_sign_anything_or_leave_its_TPM_is_no_attestation_key(TpmaObject without, TpmaObject with)
    {
        TpmtPublic key = With(Machine.AttestationArea, (Machine.AttestationArea.ObjectAttributes & ~without) | with);
        service.AssertAudited("Authenticate", "AttestationKeyRefused", () => Client.Refused(
            "AttestationKeyRefused", "Authenticate", [.. Machine.Certificates.Select(c => Part("EndorsementCertificate", c)), Part("AttestationKey", key.Marshal())]));
    }

    [Fact]
    public void The_TPM_does_not_release_a_challenge_for_a_key_that_it_does_not_hold()
    {
        using var stranger = new ClientMachine();
        XElement challenge = Client.Call("Authenticate", [.. Machine.Certificates.Select(c => Part("EndorsementCertificate", c)), Part("AttestationKey", stranger.AttestationArea.Marshal())]);
        Assert.Throws<TpmException>(() => Machine.Answer(challenge));
    }

    [Fact]
    public void A_challenge_is_answered_once()
    {
        ChallengeAnswer answer = Machine.Answer(Client.Call("Authenticate", Machine.Hello()));
        Client.Call("CompleteAuthentication", answer.Parts());
        service.AssertAudited("CompleteAuthentication", "ChallengeUsed", () => Client.Refused("ChallengeUsed", "CompleteAuthentication", answer.Parts()));
    }

    [Fact]
    public void A_wrong_secret_is_refused_and_uses_the_challenge_up()
    {
        ChallengeAnswer answer = Machine.Answer(Client.Call("Authenticate", Machine.Hello()));
        byte[] wrong = [.. answer.Secret];
        wrong[^1] ^= 1;
        service.AssertAudited("CompleteAuthentication", "ChallengeFailed", () => Client.Refused("ChallengeFailed", "CompleteAuthentication", (answer with { Secret = wrong }).Parts()));
        Client.Refused("ChallengeUsed", "CompleteAuthentication", answer.Parts());
    }

    [Fact]
    public void A_challenge_that_is_late_or_altered_or_a_token_is_refused()
    {
        ChallengeAnswer answer = Machine.Answer(Client.Call("Authenticate", Machine.Hello()));
        using AuthorityKeys keys = service.OpenKeys();
        using var seal = new SealedState(keys.StateSecret, ChallengeState.Purpose);
        ChallengeState late = ChallengeState.Create(Machine.EndorsementArea, Machine.AttestationArea, DateTime.UtcNow.AddSeconds(-5));
        service.AssertAudited("CompleteAuthentication", "ChallengeExpired", () =>
            Client.Refused("ChallengeExpired", "CompleteAuthentication", (answer with { Challenge = seal.Seal(late.Marshal()), Secret = late.Secret }).Parts()));
        byte[] altered = [.. answer.Challenge];
        altered[^1] ^= 1;
        service.AssertAudited("CompleteAuthentication", "ChallengeInvalid", () => Client.Refused("ChallengeInvalid", "CompleteAuthentication", (answer with { Challenge = altered }).Parts()));
        Client.Refused("ChallengeInvalid", "CompleteAuthentication", (answer with { Challenge = [] }).Parts());
        Client.Refused("ChallengeInvalid", "CompleteAuthentication", (answer with { Challenge = Machine.Authenticate(Client) }).Parts());
        Client.Call("CompleteAuthentication", answer.Parts());
    }

    [Fact]
    public void A_statement_for_another_nonce_another_key_or_by_another_signer_is_refused()
    {
        RefusedStatement(challenge => Machine.Answer(challenge, new byte[32]));
        RefusedStatement(challenge => Machine.Answer(challenge) with { StorageKey = service.Key.Parent });
        RefusedStatement(challenge => Machine.Answer(challenge) with { StorageKey = Machine.AttestationArea });
        RefusedStatement(challenge =>
        {
            ChallengeAnswer answer = Machine.Answer(challenge);
            return answer with { StorageKey = With(answer.StorageKey, answer.StorageKey.ObjectAttributes & ~TpmaObject.FixedTpm) };
        });
        RefusedStatement(challenge =>
        {
            ChallengeAnswer answer = Machine.Answer(challenge);
            byte[] statement = [.. answer.Statement];
            statement[^1] ^= 1;
            return answer with { Statement = statement };
        });
        RefusedStatement(challenge => Machine.Answer(challenge) with { Statement = [] });
        RefusedStatement(challenge =>
        {
            // True, but of a key that can leave the TPM.
            ChallengeAnswer answer = Machine.Answer(challenge);
            StoredKey movable = Machine.Machine.Create("parent" + Guid.NewGuid().ToString("N")[..8], KeyRole.Storage);
            KeyCertification statement = Machine.Machine.Run(loader =>
            {
                TpmObject key = loader.Load(movable);
                KeyCertification made = AttestationKey.Certify(loader, key, TpmAuthorization.Empty, ClientMachine.Bytes(challenge, "Nonce"));
                loader.Device.Flush(key.Handle);
                return made;
            });
            return answer with { StorageKey = movable.PublicArea(), Statement = statement.Statement, Signature = statement.Signature };
        });
    }

    [Fact]
    public void A_token_that_was_altered_or_is_over_is_refused()
    {
        byte[] token = Machine.Authenticate(Client);
        using AuthorityKeys keys = service.OpenKeys();
        using var seal = new SealedState(keys.StateSecret, ClientToken.Purpose);
        ClientToken known = ClientToken.Unmarshal(seal.Open(token)!);
        foreach (int at in new[] { 0, 20, token.Length - 1 })
        {
            byte[] altered = [.. token];
            altered[at] ^= 0x10;
            service.AssertAudited("Query", "TokenInvalid", () => Client.Refused("TokenInvalid", "Query", Part("Token", altered)));
        }
        service.AssertAudited("Query", "TokenExpired", () =>
            Client.Refused("TokenExpired", "Query", Part("Token", seal.Seal((known with { Expires = DateTime.UtcNow.AddSeconds(-5) }).Marshal()))));
        Client.Refused("TokenInvalid", "Query", Part("Token", ClientMachine.Bytes(Client.Call("Authenticate", Machine.Hello()), "Challenge")));
        Client.Call("Query", Part("Token", token));
    }

    private void RefusedStatement(Func<XElement, ChallengeAnswer> answer)
    {
        ChallengeAnswer spoiled = answer(Client.Call("Authenticate", Machine.Hello()));
        service.AssertAudited("CompleteAuthentication", "CertificationRefused", () => Client.Refused("CertificationRefused", "CompleteAuthentication", spoiled.Parts()));
    }

    private static TpmtPublic With(TpmtPublic key, TpmaObject attributes) => new()
    {
        NameAlg = key.NameAlg,
        ObjectAttributes = attributes,
        AuthPolicy = key.AuthPolicy,
        Parameters = key.Parameters,
        Unique = key.Unique,
        Point = key.Point,
    };
}
