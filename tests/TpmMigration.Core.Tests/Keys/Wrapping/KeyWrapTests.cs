using System;
using System.Linq;
using System.Text;
using TpmMigration.Keys;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Keys.Wrapping;

public class KeyWrapTests
{
    private static readonly SoftwareKey RsaParent = SoftwareKey.Parent("rsa");
    private static readonly SoftwareKey EccParent = SoftwareKey.Parent("ecc", TpmAlgId.Sha384, 256);
    private static readonly SoftwareKey Key = SoftwareKey.Signing("ecc");
    private static readonly byte[] Name = Key.PublicArea.Name;
    private static readonly byte[] InnerKey = SecretBytes.Random(16);

    [Theory]
    [InlineData("rsa", false)]
    [InlineData("rsa", true)]
    [InlineData("ecc", false)]
    [InlineData("ecc", true)]
    public void A_wrapped_key_opens_to_what_was_wrapped_and_no_two_wraps_are_alike(string parentType, bool inner)
    {
        SoftwareKey parent = Parent(parentType);
        byte[]? innerKey = inner ? InnerKey : null;
        WrappedKey first = KeyWrap.Wrap(parent.AsParent, Name, Key.Sensitive, innerKey);
        WrappedKey second = KeyWrap.Wrap(parent.AsParent, Name, Key.Sensitive, innerKey);
        Assert.NotEqual(first.Duplicate, second.Duplicate);
        Assert.NotEqual(first.EncryptedSeed, second.EncryptedSeed);
        Assert.Equal(Key.Sensitive, KeyWrap.Unwrap(parent.AsParent, parent.Private, Name, first, innerKey));
        Assert.Equal(Key.Sensitive, KeyWrap.Unwrap(parent.AsParent, parent.Private, Name, second, innerKey));
    }

    [Theory]
    [InlineData("rsa", false)]
    [InlineData("ecc", false)]
    [InlineData("ecc", true)]
    public void A_change_of_any_byte_is_found_and_all_changes_look_alike(string parentType, bool inner)
    {
        SoftwareKey parent = Parent(parentType);
        byte[]? innerKey = inner ? InnerKey : null;
        WrappedKey whole = KeyWrap.Wrap(parent.AsParent, Name, Key.Sensitive, innerKey);
        string[] messages =
        [
            .. Changes(whole.Duplicate, 1).Select(bad => Refused(parent, Name, new WrappedKey(bad, whole.EncryptedSeed), innerKey)),
            .. Changes(whole.EncryptedSeed, parentType == "rsa" ? 16 : 1)
                .Select(bad => Refused(parent, Name, new WrappedKey(whole.Duplicate, bad), innerKey)),
            .. Changes(Name, 1).Select(bad => Refused(parent, bad, whole, innerKey)),
        ];
        Assert.Single(messages.Distinct());
    }

    [Fact]
    public void A_duplicate_whose_hmac_claims_another_size_is_refused()
    {
        WrappedKey whole = KeyWrap.Wrap(EccParent.AsParent, Name, Key.Sensitive);
        Refused(EccParent, Name, new WrappedKey([0, 0, .. whole.Duplicate[50..]], whole.EncryptedSeed), null);
        Refused(EccParent, Name, new WrappedKey([0, 32, .. whole.Duplicate[2..34], .. whole.Duplicate[50..]], whole.EncryptedSeed), null);
        Refused(EccParent, Name, new WrappedKey([0xFF, 0xFF, .. whole.Duplicate[2..]], whole.EncryptedSeed), null);
        Refused(EccParent, Name, new WrappedKey([], whole.EncryptedSeed), null);
        Refused(EccParent, Name, new WrappedKey(whole.Duplicate, []), null);
    }

    [Fact]
    public void Another_parent_another_purpose_and_another_inner_key_do_not_open_it()
    {
        WrappedKey plain = KeyWrap.Wrap(EccParent.AsParent, Name, Key.Sensitive);
        WrappedKey inner = KeyWrap.Wrap(EccParent.AsParent, Name, Key.Sensitive, InnerKey);
        SoftwareKey stranger = SoftwareKey.Parent("ecc", TpmAlgId.Sha384, 256);
        Refused(stranger, Name, plain, null);
        Refused(EccParent, Name, inner, null);
        Refused(EccParent, Name, plain, InnerKey);
        for (int i = 0; i < InnerKey.Length; i++)
        {
            Refused(EccParent, Name, inner, Flip(InnerKey, i));
        }

        Assert.Throws<WrappingIntegrityException>(() => CredentialProtection.Open(
            EccParent.AsParent, EccParent.Private, Name, new ProtectedCredential(plain.Duplicate, plain.EncryptedSeed)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_key_wrapped_anew_opens_for_the_new_parent_only_and_keeps_its_inner_wrap(bool inner)
    {
        byte[]? innerKey = inner ? InnerKey : null;
        WrappedKey old = KeyWrap.Wrap(RsaParent.AsParent, Name, Key.Sensitive, innerKey);
        WrappedKey anew = KeyWrap.Rewrap(RsaParent.AsParent, RsaParent.Private, EccParent.AsParent, Name, old);
        Assert.Equal(Key.Sensitive, KeyWrap.Unwrap(EccParent.AsParent, EccParent.Private, Name, anew, innerKey));
        Refused(RsaParent, Name, anew, innerKey);
        Assert.Throws<WrappingIntegrityException>(
            () => KeyWrap.Rewrap(RsaParent.AsParent, RsaParent.Private, EccParent.AsParent, Flip(Name, 5), old));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(32)]
    public void Each_change_inside_the_inner_wrap_is_found_by_its_own_digest(int keySize)
    {
        byte[] innerKey = SecretBytes.Random(keySize);
        byte[] wrapped = InnerWrap.Seal(innerKey, Name, Key.Sensitive);
        Assert.Equal(Key.Sensitive, InnerWrap.Open(innerKey, Name, wrapped));
        foreach (byte[] bad in Changes(wrapped, 1))
        {
            Assert.Throws<WrappingIntegrityException>(() => InnerWrap.Open(innerKey, Name, bad));
        }

        Assert.Throws<WrappingIntegrityException>(() => InnerWrap.Open(innerKey, Flip(Name, 20), wrapped));
        Assert.Throws<ArgumentException>(() => InnerWrap.Open(innerKey, [0], wrapped));
        Assert.Throws<ArgumentException>(() => InnerWrap.Seal(new byte[15], Name, Key.Sensitive));
    }

    [Theory]
    [InlineData("rsa")]
    [InlineData("ecc")]
    public void A_credential_opens_for_its_key_and_object_and_not_when_altered(string type)
    {
        SoftwareKey endorsement = Parent(type);
        byte[] secret = Encoding.ASCII.GetBytes("challenge");
        ProtectedCredential whole = CredentialProtection.Make(endorsement.AsParent, Name, secret);
        Assert.Equal(secret, CredentialProtection.Open(endorsement.AsParent, endorsement.Private, Name, whole));
        foreach (byte[] bad in Changes(whole.IdObject, 1))
        {
            Assert.Throws<WrappingIntegrityException>(() => CredentialProtection.Open(
                endorsement.AsParent, endorsement.Private, Name, new ProtectedCredential(bad, whole.EncryptedSecret)));
        }

        foreach (byte[] bad in Changes(whole.EncryptedSecret, 16))
        {
            Assert.Throws<WrappingIntegrityException>(() => CredentialProtection.Open(
                endorsement.AsParent, endorsement.Private, Name, new ProtectedCredential(whole.IdObject, bad)));
        }

        Assert.Throws<WrappingIntegrityException>(
            () => CredentialProtection.Open(endorsement.AsParent, endorsement.Private, Flip(Name, 9), whole));
    }

    [Fact]
    public void A_credential_is_not_empty_and_not_longer_than_the_digest()
    {
        Assert.Throws<ArgumentException>(() => CredentialProtection.Make(RsaParent.AsParent, Name, []));
        Assert.Throws<ArgumentException>(() => CredentialProtection.Make(RsaParent.AsParent, Name, new byte[33]));
    }

    [Fact]
    public void Only_a_storage_key_with_aes_cfb_is_taken_for_a_parent()
    {
        Assert.Throws<ArgumentException>(() => WrappingParent.From(Key.PublicArea));
        TpmtPublic parent = EccParent.PublicArea;
        TpmtSymDef camellia = new(TpmAlgId.Camellia, 128, TpmAlgId.Cfb);
        TpmtPublic other = new()
        {
            NameAlg = parent.NameAlg,
            ObjectAttributes = parent.ObjectAttributes,
            Parameters = (TpmsEccParms)parent.Parameters with { Symmetric = camellia },
            Point = parent.Point,
        };
        Assert.Throws<UnsupportedAlgorithmException>(() => WrappingParent.From(other));
        Assert.Throws<UnsupportedAlgorithmException>(() => new WrappingParent(TpmAlgId.Sha256, 64, EccParent.Private.PublicKey));
        Assert.Throws<UnsupportedAlgorithmException>(() => new WrappingParent(TpmAlgId.Sm3256, 128, EccParent.Private.PublicKey));
    }

    private static SoftwareKey Parent(string type) => type == "rsa" ? RsaParent : EccParent;

    private static string Refused(SoftwareKey parent, byte[] name, WrappedKey wrapped, byte[]? innerKey) =>
        Assert.Throws<WrappingIntegrityException>(
            () => KeyWrap.Unwrap(parent.AsParent, parent.Private, name, wrapped, innerKey)).Message;

    /// <summary>The bytes with one changed at every step, one missing, and one too many.</summary>
    private static byte[][] Changes(byte[] bytes, int step) =>
    [
        .. Enumerable.Range(0, bytes.Length).Where(i => i % step == 0).Select(i => Flip(bytes, i)), bytes[..^1], bytes[1..], [.. bytes, 0],
    ];

    private static byte[] Flip(byte[] bytes, int index)
    {
        byte[] copy = (byte[])bytes.Clone();
        copy[index] ^= 1;
        return copy;
    }
}
