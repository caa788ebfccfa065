using System;
using System.Xml.Linq;
using TpmMigration.Documents;
using TpmMigration.Tests.Packages;
using TpmMigration.Tests.Transport;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Fuzz;

/// <summary>What fuzzing has found, at its root.</summary>
public sealed class FoundTests
{
    [Fact]
    public void A_TPM_whose_key_is_no_point_of_its_curve_gets_no_salted_session()
    {
        var transport = new ScriptedTransport((_, _) => throw new InvalidOperationException("Nothing is to be sent."));
        using var device = new TpmDevice(transport);
        var key = new TpmObject(new TpmHandle(0x81000001, SamplePackages.Parent.Name), SamplePackages.Parent);
        Assert.Throws<TpmWireException>(() => TpmSession.Start(device, TpmSe.Hmac, key));
        Assert.Empty(transport.Commands);
    }

    [Fact]
    public void A_key_too_small_for_its_hash_gets_no_secret()
    {
        byte[] modulus = SamplePackages.Bytes(1, 128);
        (modulus[0], modulus[^1]) = (0xFF, 0x01);
        var key = new TpmtPublic { NameAlg = TpmAlgId.Sha512, ObjectAttributes = TpmaObject.Decrypt, Parameters = new TpmsRsaParms(TpmtSymDef.Null, TpmtScheme.Null, 1024), Unique = modulus };
        Assert.Throws<TpmWireException>(() => key.ShareSecret(TpmAlgId.Sha512, SecretLabel.Secret));
    }

    [Fact]
    public void An_HMAC_by_an_unknown_hash_makes_a_document_malformed()
    {
        var element = new StrictElement(new XElement("Signature", Convert.ToBase64String([0x00, 0x05, 0x00, 0x12, 0x01])), "Signature");
        Assert.Throws<DocumentFormatException>(() => element.Structure(TpmtSignature.Unmarshal));
    }
}
