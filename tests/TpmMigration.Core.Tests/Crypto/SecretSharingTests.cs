using System;
using System.Collections.Generic;
using System.Text.Json;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Crypto;

public class SecretSharingTests
{
    private static readonly JsonElement EccVector = VectorFile.Read("ecc_labeled_encaps.json", 100)[4];
    private static readonly JsonElement RsaVector = VectorFile.Read("rsa_labeled_encaps.json", 100)[9];

    [Theory]
    [InlineData("rsa_labeled_encaps.json", "Secret", "OAEPSalt", typeof(PlatformEccEngine))]
    [InlineData("rsa_labeled_encaps.json", "Secret", "OAEPSalt", typeof(OpenSslEccEngine))]
    [InlineData("ecc_labeled_encaps.json", "EphemeralPrivate", null, typeof(PlatformEccEngine))]
    [InlineData("ecc_labeled_encaps.json", "EphemeralPrivate", null, typeof(OpenSslEccEngine))]
    [InlineData("ecc_labeled_encaps.json", "EphemeralPrivate", null, typeof(BouncyCastleEccEngine))]
    public void Encapsulation_gives_secret_and_ciphertext_of_every_vector(
        string file, string firstRandom, string? secondRandom, Type engine)
    {
        foreach (JsonElement vector in VectorFile.Read(file, 100))
        {
            VectorKey key = Key(vector);
            Queue<byte[]> random = new([vector.Bytes(firstRandom)]);
            if (secondRandom is not null)
            {
                random.Enqueue(vector.Bytes(secondRandom));
            }

            using SharedSecret shared = SecretSharing.Encapsulate(
                key.Private.PublicKey, key.SharingHash, vector.Text("Label"), bytes => Fill(bytes, random.Dequeue()), Engine(engine));
            Assert.True(vector.Text("Secret") == Convert.ToHexStringLower(shared.Secret), vector.Text("Name"));
            Assert.True(vector.Text("Ciphertext") == Convert.ToHexStringLower(shared.EncryptedSecret), vector.Text("Name"));
            Assert.Empty(random);
        }
    }

    [Theory]
    [InlineData("rsa_labeled_encaps.json", typeof(PlatformEccEngine))]
    [InlineData("rsa_labeled_encaps.json", typeof(OpenSslEccEngine))]
    [InlineData("ecc_labeled_encaps.json", typeof(PlatformEccEngine))]
    [InlineData("ecc_labeled_encaps.json", typeof(OpenSslEccEngine))]
    [InlineData("ecc_labeled_encaps.json", typeof(BouncyCastleEccEngine))]
    public void Decapsulation_recovers_the_secret_of_every_vector(string file, Type engine)
    {
        foreach (JsonElement vector in VectorFile.Read(file, 100))
        {
            VectorKey key = Key(vector);
            byte[] secret = SecretSharing.Decapsulate(
                key.Private, key.SharingHash, vector.Text("Label"), vector.Bytes("Ciphertext"), Engine(engine));
            Assert.True(vector.Text("Secret") == Convert.ToHexStringLower(secret), vector.Text("Name"));
        }
    }

    [Fact]
    public void RSA_of_the_platform_and_of_the_library_open_the_same_and_refuse_the_same()
    {
        var key = (RsaPrivate)Key(RsaVector).Private;
        byte[] label = Kdf.Label(SecretLabel.Duplicate);
        for (int i = 0; i < 4; i++)
        {
            using SharedSecret shared = SecretSharing.Encapsulate(key.PublicKey, TpmAlgId.Sha256, SecretLabel.Duplicate);
            Assert.Equal(shared.Secret, SecretSharing.Decapsulate(key, TpmAlgId.Sha256, SecretLabel.Duplicate, shared.EncryptedSecret));
            Assert.Equal(shared.Secret, RsaSecretSharing.DecryptManaged(key, TpmAlgId.Sha256, label, shared.EncryptedSecret));
            byte[] altered = [.. shared.EncryptedSecret];
            altered[40 * i] ^= 1;
            Assert.Throws<SecretSharingException>(() => SecretSharing.Decapsulate(key, TpmAlgId.Sha256, SecretLabel.Duplicate, altered));
            Assert.Null(RsaSecretSharing.DecryptManaged(key, TpmAlgId.Sha256, label, altered));
            Assert.Throws<SecretSharingException>(() => SecretSharing.Decapsulate(key, TpmAlgId.Sha256, SecretLabel.Identity, shared.EncryptedSecret));
        }
    }

    [Fact]
    public void Each_sharing_makes_a_new_secret_as_long_as_the_digest_that_its_receiver_recovers()
    {
        foreach (JsonElement vector in (JsonElement[])[EccVector, RsaVector])
        {
            VectorKey key = Key(vector);
            using SharedSecret first = SecretSharing.Encapsulate(key.Private.PublicKey, TpmAlgId.Sha384, SecretLabel.Identity);
            using SharedSecret second = SecretSharing.Encapsulate(key.Private.PublicKey, TpmAlgId.Sha384, SecretLabel.Identity);
            Assert.Equal(48, first.Secret.Length);
            Assert.NotEqual(first.Secret, second.Secret);
            Assert.NotEqual(first.EncryptedSecret, second.EncryptedSecret);
            Assert.Equal(first.Secret, SecretSharing.Decapsulate(key.Private, TpmAlgId.Sha384, SecretLabel.Identity, first.EncryptedSecret));
        }
    }

    [Fact]
    public void An_rsa_secret_for_another_label_hash_or_size_or_altered_does_not_open_and_does_not_say_why()
    {
        VectorKey key = Key(RsaVector);
        byte[] right = RsaVector.Bytes("Ciphertext");
        string label = RsaVector.Text("Label");
        HashSet<string> messages = [];
        messages.Add(Refused(key, TpmAlgId.Sha256, "OTHER", right));
        messages.Add(Refused(key, TpmAlgId.Sha1, label, right));
        messages.Add(Refused(key, TpmAlgId.Sha256, label, right[1..]));
        messages.Add(Refused(key, TpmAlgId.Sha256, label, [.. right, 0]));
        messages.Add(Refused(key, TpmAlgId.Sha256, label, []));
        messages.Add(Refused(key, TpmAlgId.Sha256, label, ((RsaPublic)key.Private.PublicKey).Modulus));
        messages.Add(Refused(key, TpmAlgId.Sha256, label, new byte[right.Length]));
        for (int i = 0; i < right.Length; i += 16)
        {
            messages.Add(Refused(key, TpmAlgId.Sha256, label, Flip(right, i)));
        }

        Assert.Single(messages);
    }

    [Fact]
    public void An_ephemeral_point_that_is_altered_off_the_curve_or_badly_sized_is_refused()
    {
        VectorKey key = Key(EccVector);
        byte[] right = EccVector.Bytes("Ciphertext");
        string label = EccVector.Text("Label");
        for (int i = 0; i < right.Length; i++)
        {
            Refused(key, TpmAlgId.Sha256, label, Flip(right, i));
        }

        Refused(key, TpmAlgId.Sha256, label, []);
        Refused(key, TpmAlgId.Sha256, label, right[..^1]);
        Refused(key, TpmAlgId.Sha256, label, [.. right, 0]);
        Refused(key, TpmAlgId.Sha256, label, [0, 0, 0, 0]);
        Refused(key, TpmAlgId.Sha256, label, [0, 1, 0, 0, 1, 0]);
        Refused(key, TpmAlgId.Sha256, label, [0, 33, 0, .. right[2..34], .. right[34..]]);
    }

    [Fact]
    public void A_coordinate_beyond_the_field_prime_is_refused_even_if_it_is_congruent_to_one_on_the_curve()
    {
        // x = 5 is on P-256; 5 + p still fits 32 bytes and would be taken for it by code that only reduces.
        byte[] y = Convert.FromHexString("459243B9AA581806FE913BCE99817ADE11CA503C64D9A3C533415C083248FBCC");
        byte[] small = new byte[32];
        small[31] = 5;
        byte[] congruent = Convert.FromHexString("FFFFFFFF00000001000000000000000000000001000000000000000000000004");
        using (SecretSharing.Encapsulate(new EccPublic(TpmEccCurve.NistP256, small, y), TpmAlgId.Sha256, "X"))
        {
            Assert.Throws<ArgumentException>(
                () => SecretSharing.Encapsulate(new EccPublic(TpmEccCurve.NistP256, congruent, y), TpmAlgId.Sha256, "X"));
        }
    }

    [Fact]
    public void A_public_point_off_the_curve_is_refused_before_anything_is_shared_with_it()
    {
        EccPublic good = (EccPublic)Key(EccVector).Private.PublicKey;
        Assert.Throws<ArgumentException>(() => SecretSharing.Encapsulate(
            new EccPublic(good.Curve, good.X, Flip(good.Y, 5)), TpmAlgId.Sha256, "X"));
        Assert.Throws<ArgumentException>(() => SecretSharing.Encapsulate(
            new EccPublic(good.Curve, [], []), TpmAlgId.Sha256, "X"));
        Assert.Throws<ArgumentException>(() => SecretSharing.Encapsulate(
            new EccPublic(TpmEccCurve.NistP384, good.X, good.Y), TpmAlgId.Sha256, "X"));
        Assert.Throws<UnsupportedAlgorithmException>(() => SecretSharing.Encapsulate(
            new EccPublic(TpmEccCurve.BnP256, good.X, good.Y), TpmAlgId.Sha256, "X"));
    }

    [Theory]
    [InlineData(typeof(PlatformEccEngine), typeof(BouncyCastleEccEngine))]
    [InlineData(typeof(BouncyCastleEccEngine), typeof(PlatformEccEngine))]
    [InlineData(typeof(OpenSslEccEngine), typeof(PlatformEccEngine))]
    [InlineData(typeof(BouncyCastleEccEngine), typeof(OpenSslEccEngine))]
    public void What_one_ecc_engine_shares_the_other_recovers(Type sender, Type receiver)
    {
        foreach (TpmEccCurve curve in (TpmEccCurve[])[TpmEccCurve.NistP256, TpmEccCurve.NistP384, TpmEccCurve.NistP521])
        {
            using EccPrivate key = Engine(receiver).NewKey(curve);
            using SharedSecret shared = SecretSharing.Encapsulate(key.PublicKey, TpmAlgId.Sha256, "X", null, Engine(sender));
            Assert.Equal(
                shared.Secret,
                SecretSharing.Decapsulate(key, TpmAlgId.Sha256, "X", shared.EncryptedSecret, Engine(receiver)));
        }
    }

    [Fact]
    public void A_private_key_that_does_not_belong_to_its_public_half_is_a_callers_mistake()
    {
        EccPublic ecc = (EccPublic)Key(EccVector).Private.PublicKey;
        RsaPublic rsa = (RsaPublic)Key(RsaVector).Private.PublicKey;
        foreach (IEccEngine engine in (IEccEngine[])[new PlatformEccEngine(), EccEngine.Default, new BouncyCastleEccEngine()])
        {
            Assert.Throws<ArgumentException>(() => SecretSharing.Decapsulate(
                new EccPrivate(ecc, [7]), TpmAlgId.Sha256, "X", EccVector.Bytes("Ciphertext"), engine));
        }

        Assert.Throws<ArgumentException>(() => SecretSharing.Decapsulate(
            new EccPrivate(ecc, new byte[32]), TpmAlgId.Sha256, "X", EccVector.Bytes("Ciphertext")));
        Assert.Throws<ArgumentException>(() => SecretSharing.Decapsulate(
            new RsaPrivate(rsa, [7]), TpmAlgId.Sha256, "X", RsaVector.Bytes("Ciphertext")));
    }

    [Fact]
    public void A_scalar_out_of_range_is_drawn_anew()
    {
        VectorKey key = Key(EccVector);
        byte[] beyond = new byte[32];
        Array.Fill(beyond, (byte)0xFF);
        Queue<byte[]> random = new([beyond, new byte[32], EccVector.Bytes("EphemeralPrivate")]);
        using SharedSecret shared = SecretSharing.Encapsulate(
            key.Private.PublicKey, key.SharingHash, EccVector.Text("Label"), bytes => Fill(bytes, random.Dequeue()), EccEngine.Default);
        Assert.Equal(EccVector.Bytes("Ciphertext"), shared.EncryptedSecret);
        Assert.Empty(random);
    }

    [Fact]
    public void A_disposed_key_and_secret_are_cleared()
    {
        VectorKey key = Key(RsaVector);
        SharedSecret shared = SecretSharing.Encapsulate(key.Private.PublicKey, TpmAlgId.Sha256, "X");
        shared.Dispose();
        Assert.All(shared.Secret, value => Assert.Equal(0, value));
        byte[] held = key.Private.Secret;
        key.Private.Dispose();
        Assert.All(held, value => Assert.Equal(0, value));
        Assert.Throws<ObjectDisposedException>(
            () => SecretSharing.Decapsulate(key.Private, TpmAlgId.Sha256, "X", RsaVector.Bytes("Ciphertext")));
    }

    private static string Refused(VectorKey key, TpmAlgId hash, string label, byte[] encrypted) =>
        Assert.Throws<SecretSharingException>(() => SecretSharing.Decapsulate(key.Private, hash, label, encrypted)).Message;

    private static IEccEngine Engine(Type type) => (IEccEngine)Activator.CreateInstance(type)!;

    private static VectorKey Key(JsonElement vector) => new(vector.Bytes("PublicKey"), vector.Bytes("PrivateKey"));

    private static void Fill(byte[] target, byte[] value)
    {
        Array.Clear(target);
        value.CopyTo(target, target.Length - value.Length);
    }

    private static byte[] Flip(byte[] bytes, int index)
    {
        byte[] copy = (byte[])bytes.Clone();
        copy[index] ^= 1;
        return copy;
    }
}
