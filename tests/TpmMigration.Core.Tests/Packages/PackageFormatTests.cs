using System;
using System.IO;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Packages;
using TpmMigration.Signatures;
using TpmMigration.Testing;
using TpmMigration.Tests.Signatures;
using Xunit;

namespace TpmMigration.Tests.Packages;

/// <summary>What is written is what is read, and what others read.</summary>
public sealed class PackageFormatTests
{
    // Everything that XML writes in another way than it is: quotes, markup, line ends, tabs, characters outside the first plane.
    private const string Awkward = "<a> & \"b\" 'c' ]]> \t tab\nline\r\nreturn\r alone ü 𝄞 &amp;  two spaces ";

    private static readonly string SchemaFile = Path.Combine(RepositoryFolder.Path, "schemas", "MigrationPackage.xsd");

    public static TheoryData<bool> Schemes => [true, false];

    [Fact]
    public void A_package_that_is_read_and_written_is_the_identical_document()
    {
        string text = SignedText.Write(SamplePackages.Family(Awkward));
        MigrationPackage read = SignedText.Read(text);
        using var stream = new MemoryStream();
        PackageWriter.Write(read, stream);
        Assert.Equal(text, Encoding.UTF8.GetString(stream.ToArray()));
        Assert.Equal(Awkward, read.Keys[0].Description);
    }

    [Fact]
    public void A_package_that_was_laid_out_by_another_writer_is_not_written_under_its_old_signature()
    {
        XDocument other = SignedText.Parse(SignedText.Write(SamplePackages.Family()).Replace("<Keys>", "<Keys> ", StringComparison.Ordinal));
        MigrationPackage read = SignedText.Read(SignedText.Sign(other));
        Assert.Equal(SignatureFault.Document, Assert.Throws<SignatureException>(() => PackageWriter.Write(read, Stream.Null)).Fault);
    }

    [Fact]
    public void The_same_package_signed_twice_by_RSA_gives_the_same_bytes()
    {
        using SoftwareSigner signer = SoftwareSigner.Rsa();
        Assert.Equal(SignedText.Write(SamplePackages.Family(), signer), SignedText.Write(SamplePackages.Family(), signer));
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public void Xmlsec_verifies_the_signature_unchanged(bool rsa)
    {
        using var folder = new TemporaryFolder("tpm-migration-xmlsec-");
        using SoftwareSigner signer = rsa ? SoftwareSigner.Rsa() : SoftwareSigner.Ecdsa();
        File.WriteAllBytes(folder["signer.der"], ((CertificateIdentity)signer.Identity).Certificates[0]);
        string text = SignedText.Write(SamplePackages.Family(Awkward), signer);
        File.WriteAllText(folder["package.xml"], text);
        File.WriteAllText(folder["altered.xml"], text.Replace("keyName=\"Leaf\"", "keyName=\"Leav\"", StringComparison.Ordinal));

        ToolRunner.Run("xmlsec1", "--verify", "--trusted-der", folder["signer.der"], folder["package.xml"]);
        Assert.Throws<ToolFailedException>(() => ToolRunner.Run("xmlsec1", "--verify", "--trusted-der", folder["signer.der"], folder["altered.xml"]));
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public void A_package_is_valid_by_the_schema(bool rsa)
    {
        using var folder = new TemporaryFolder("tpm-migration-schema-");
        using SoftwareSigner signer = rsa ? SoftwareSigner.Rsa() : SoftwareSigner.Ecdsa();
        string text = SignedText.Write(SamplePackages.Family(Awkward), signer);
        File.WriteAllText(folder["package.xml"], text);
        File.WriteAllText(folder["invalid.xml"], text.Replace("<Keys>", "<Keys><Note/>", StringComparison.Ordinal));

        ToolRunner.Run("xmllint", "--noout", "--nonet", "--schema", SchemaFile, folder["package.xml"]);
        Assert.Throws<ToolFailedException>(() => ToolRunner.Run("xmllint", "--noout", "--nonet", "--schema", SchemaFile, folder["invalid.xml"]));
    }
}
