using System;
using System.Security.Cryptography;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Signatures;
using TpmMigration.Tests.Keys.Wrapping;
using TpmMigration.Tests.Signatures;
using TpmMigration.Tpm;
using Xunit;

namespace TpmMigration.Tests.Approvals;

/// <summary>The storage key of a Migration Authority, as whoever wants to approve it as a destination reads it.</summary>
public sealed class AuthorityKeyTests : IDisposable
{
    private readonly SoftwareSigner _signer = SoftwareSigner.Ecdsa();

    public void Dispose() => _signer.Dispose();

    [Theory]
    [InlineData("ecc")]
    [InlineData("ecc384")]
    [InlineData("rsa")]
    public void A_key_is_read_as_it_was_signed_and_is_a_destination(string type)
    {
        TpmtPublic parent = SoftwareKey.Parent(type).PublicArea;
        MigrationAuthorityKey read = AuthorityKeyDocument.Read(Write(parent));
        Assert.Equal(_signer.Identity, read.Signature!.Signer);
        MigrationDestination destination = DestinationDocument.Read(DestinationDocument.Write(read.ToDestination()));
        Assert.Equal((DestinationKind.StorageKey, "Contoso"), (destination.Kind, destination.HostName));
        Assert.Equal(parent.Name, destination.Parent.Name);
    }

    [Fact]
    public void A_key_that_was_altered_or_is_not_signed_with_a_certificate_is_refused()
    {
        string text = Write(SoftwareKey.Parent("ecc").PublicArea);
        Assert.Equal(SignatureFault.Document, Assert.Throws<SignatureException>(() => AuthorityKeyDocument.Read(text.Replace("Contoso", "Fabrikam", StringComparison.Ordinal))).Fault);
        int start = text.IndexOf("<Signature ", StringComparison.Ordinal), end = text.IndexOf("</Signature>", StringComparison.Ordinal) + "</Signature>".Length;
        Assert.Equal(SignatureFault.Missing, Assert.Throws<SignatureException>(() => AuthorityKeyDocument.Read(text.Remove(start, end - start))).Fault);
        Assert.Equal(SignatureFault.Key, Assert.Throws<SignatureException>(() => AuthorityKeyDocument.Read(Write(SoftwareKey.Parent("ecc").PublicArea, new PlatformLike()))).Fault);
    }

    [Fact]
    public void What_is_no_storage_key_or_no_such_document_is_malformed()
    {
        foreach (string text in new[] { Write(KeyTemplates.PlatformSigning), Write(SoftwareKey.Signing("ecc").PublicArea), "<a/>", string.Empty, "<!DOCTYPE a><a/>" })
            Assert.Equal(DestinationFault.Malformed, Assert.Throws<DestinationException>(() => AuthorityKeyDocument.Read(text)).Fault);
    }

    private string Write(TpmtPublic parent, IDocumentSigner? signer = null) => AuthorityKeyDocument.Write(
        new MigrationAuthorityKey { AuthorityName = "Contoso", Created = new DateTime(2026, 2, 3, 4, 5, 6, DateTimeKind.Utc), Parent = parent }, signer ?? _signer);

    /// <summary>A signing key like a platform's.</summary>
    private sealed class PlatformLike : IDocumentSigner
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public SignerIdentity Identity
        {
            get
            {
                ECPoint point = _key.ExportParameters(false).Q;
                TpmtPublic template = KeyTemplates.PlatformSigning;
                return new PlatformIdentity(
                    new TpmtPublic { NameAlg = template.NameAlg, ObjectAttributes = template.ObjectAttributes, Parameters = template.Parameters, Point = new TpmsEccPoint(point.X!, point.Y!) },
                    null);
            }
        }

        public byte[] Sign(byte[] digest) => _key.SignHash(digest);

        public void Dispose() => _key.Dispose();
    }
}
