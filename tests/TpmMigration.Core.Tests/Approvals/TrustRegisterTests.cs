using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using TpmMigration.Approvals;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Tests.Approvals;

public sealed class TrustRegisterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("trust-");

    private string FilePath => Path.Combine(_folder["machine"], "trust.xml");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_registered_is_found_again()
    {
        using X509Certificate2 root = TestCertificates.Make("Root", authority: true);
        TrustEntry authority = TestCertificates.Entry("Contoso MA", TestCertificates.Identity(root), TrustRole.MigrationAuthority | TrustRole.PackageSigner, includesIssued: true);
        TrustEntry host = TestCertificates.Entry("hostA", TrustJudgeTests.Platform(1)) with { Reason = null };
        TrustRegister register = TrustRegister.Open(FilePath);
        register.Add(host, replace: false, TestContext.Current.CancellationToken);
        register.Add(authority, replace: false, TestContext.Current.CancellationToken);

        TrustRegister again = TrustRegister.Open(FilePath);
        Assert.Equal([authority, host], again.Entries);
        Assert.Equal(register.Entries, again.Entries);
        Assert.Equal(host, again.Find("HOSTa"));
        Assert.Equal(TrustStanding.Trusted, again.Judge(TrustJudgeTests.Platform(1), TrustRole.PackageSigner, DateTime.UtcNow, null).Standing);
    }

    [Fact]
    public void A_register_that_is_not_there_is_empty_and_looking_creates_nothing()
    {
        Assert.Empty(TrustRegister.Open(FilePath).Entries);
        Assert.False(Directory.Exists(_folder["machine"]));
    }

    [Fact]
    public void Names_and_signers_are_registered_once()
    {
        using X509Certificate2 a = TestCertificates.Make("A"), b = TestCertificates.Make("B");
        TrustRegister register = TrustRegister.Open(FilePath);
        register.Add(TestCertificates.Entry("one", TestCertificates.Identity(a)), replace: false, TestContext.Current.CancellationToken);
        byte[] before = File.ReadAllBytes(FilePath);

        Assert.Equal(TrustRegisterFault.Exists, Fault(() => register.Add(TestCertificates.Entry("ONE", TestCertificates.Identity(b)), replace: false)));
        Assert.Equal(TrustRegisterFault.Exists, Fault(() => register.Add(TestCertificates.Entry("two", TestCertificates.Identity(a)), replace: true)));
        Assert.Equal(TrustRegisterFault.Exists, Fault(() => register.CheckAdd(TestCertificates.Entry("two", TestCertificates.Identity(a)), replace: true)));
        Assert.Equal(before, File.ReadAllBytes(FilePath));

        register.Add(TestCertificates.Entry("One", TestCertificates.Identity(b)), replace: true, TestContext.Current.CancellationToken);
        Assert.Equal(TestCertificates.Identity(b), Assert.Single(TrustRegister.Open(FilePath).Entries).Signer);
    }

    [Fact]
    public void A_signer_is_taken_out_by_name_and_one_that_is_not_there_is_an_error()
    {
        TrustRegister register = TrustRegister.Open(FilePath);
        register.Add(TestCertificates.Entry("host", TrustJudgeTests.Platform(1)), replace: false, TestContext.Current.CancellationToken);
        Assert.Equal(TrustRegisterFault.NotFound, Fault(() => register.Remove("nobody")));
        register.Remove("HOST", TestContext.Current.CancellationToken);
        Assert.Empty(TrustRegister.Open(FilePath).Entries);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" host")]
    [InlineData("ho*t")]
    [InlineData("ho\nst")]
    public void A_name_that_could_be_mistaken_is_refused(string name)
    {
        TrustRegister register = TrustRegister.Open(FilePath);
        Assert.Equal(TrustRegisterFault.InvalidEntry, Fault(() => register.Add(TestCertificates.Entry(name, TrustJudgeTests.Platform(1)), replace: false)));
        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public void Only_the_certificate_of_an_authority_stands_for_others_and_some_role_must_be_named()
    {
        using X509Certificate2 a = TestCertificates.Make("A");
        TrustRegister register = TrustRegister.Open(FilePath);
        TrustEntry[] refused =
        [
            TestCertificates.Entry("a", TestCertificates.Identity(a), includesIssued: true),
            TestCertificates.Entry("b", TrustJudgeTests.Platform(1), includesIssued: true),
            TestCertificates.Entry("c", TestCertificates.Identity(a), TrustRole.None),
            TestCertificates.Entry("d", TestCertificates.Identity(a), (TrustRole)8),
            TestCertificates.Entry("e", TestCertificates.Identity(a)) with { Reason = "a\nb" },
        ];
        Assert.All(refused, entry => Assert.Equal(TrustRegisterFault.InvalidEntry, Fault(() => register.Add(entry, replace: false))));
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "^", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>" },
        { "(?s)^.*$", "" },
        { "(?s)^.*$", "<TrustRegister/>" },
        { "</TrustRegister>", "" },
        { "</TrustRegister>", "<More/></TrustRegister>" },
        { "<TrustRegister ", "<TrustRegister version='2' " },
        { "<Signer name=\"host\"", "<Signer name=\"CA\"" },
        { "<Signer name=\"host\"", "<Signer name=\" host\"" },
        { "<Signer name=\"host\"", "<Signer level='9' name=\"host\"" },
        { "roles=\"PackageSigner\"", "roles=\"\"" },
        { "roles=\"PackageSigner\"", "roles=\"Everything\"" },
        { "roles=\"PackageSigner\"", "roles=\"7\"" },
        { "roles=\"PackageSigner\"", "roles=\"PackageSigner PackageSigner\"" },
        { "roles=\"PackageSigner\"", "" },
        { "includesIssued=\"true\"", "includesIssued=\"false\"" },
        { "roles=\"PackageSigner\"", "roles=\"PackageSigner\" includesIssued=\"true\"" },
        { "registered=\"2026-05-01T10:30:00Z\"", "registered=\"2026-05-01\"" },
        { "by=\"[^\"]*\"", "" },
        { "reason=\"[^\"]*\"", "reason=\"&#10;\"" },
        { "<Certificate>MII", "<Certificate>MIJ" },
        { "</Certificate>", "AAAA</Certificate>" },
        { "<Certificate>[^<]*", "<Certificate>!" },
        { "<Certificate>[^<]*", "<Certificate>" },
        { "<PlatformSigningKey>[^<]*", "<PlatformSigningKey>AAEACw==" },
        { "<PlatformSigningKey>[^<]*</PlatformSigningKey>", "" },
        { "</PlatformSigningKey>", "</PlatformSigningKey><Certificate/>" },
        { "</PlatformSigningKey>", "</PlatformSigningKey>text" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_register_is_believed_in_nothing(string pattern, string replacement)
    {
        string text = WriteSample();
        string damaged = new Regex(pattern).Replace(text, replacement, 1);
        Assert.NotEqual(text, damaged);
        File.WriteAllText(FilePath, damaged);
        Assert.Equal(TrustRegisterFault.Malformed, Fault(() => TrustRegister.Open(FilePath)));
    }

    [Fact]
    public void A_register_in_another_encoding_is_damaged()
    {
        WriteSample();
        File.WriteAllBytes(FilePath, [.. Encoding.UTF8.GetBytes("<TrustRegister xmlns='urn:tpm-migration:trust:1'>"), 0xFF, 0xFE]);
        Assert.Equal(TrustRegisterFault.Malformed, Fault(() => TrustRegister.Open(FilePath)));
    }

    [Fact]
    public void A_damaged_register_is_not_overwritten()
    {
        TrustRegister register = TrustRegister.Open(FilePath);
        register.Add(TestCertificates.Entry("host", TrustJudgeTests.Platform(1)), replace: false, TestContext.Current.CancellationToken);
        File.WriteAllText(FilePath, "damaged");
        Assert.Equal(TrustRegisterFault.Malformed, Fault(() => register.Add(TestCertificates.Entry("more", TrustJudgeTests.Platform(2)), replace: false)));
        Assert.Equal("damaged", File.ReadAllText(FilePath));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Everybody_reads_it_and_its_owner_alone_writes_it()
    {
        WriteSample();
        Assert.Equal("644", Convert.ToString((int)File.GetUnixFileMode(FilePath), 8));
        Assert.Equal("755", Convert.ToString((int)File.GetUnixFileMode(_folder["machine"]), 8));
        Assert.Equal(["trust.xml"], Directory.GetFiles(_folder["machine"]).Select(Path.GetFileName).Where(n => n != ".lock"));
    }

    [Theory]
    [InlineData("trust.xml", UnixFileMode.GroupWrite)]
    [InlineData("trust.xml", UnixFileMode.OtherWrite)]
    [InlineData("", UnixFileMode.GroupWrite)]
    [InlineData("", UnixFileMode.OtherWrite)]
    [UnsupportedOSPlatform("windows")]
    public void What_others_could_have_written_is_not_used(string name, UnixFileMode more)
    {
        WriteSample();
        string path = Path.Combine(_folder["machine"], name).TrimEnd('/');
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | more);
        TrustRegisterException refusal = Assert.Throws<TrustRegisterException>(() => TrustRegister.Open(FilePath));
        Assert.Equal(TrustRegisterFault.NotProtected, refusal.Fault);
        Assert.Contains($"chmod go-w '{path}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_folder_that_others_can_write_is_not_written_to()
    {
        WriteSample();
        TrustRegister register = TrustRegister.Open(FilePath);
        File.SetUnixFileMode(_folder["machine"], File.GetUnixFileMode(_folder["machine"]) | UnixFileMode.OtherWrite);
        Assert.Equal(TrustRegisterFault.NotProtected, Fault(() => register.Remove("host")));
    }

    [Fact]
    public void Links_are_not_followed()
    {
        WriteSample();
        Directory.CreateDirectory(_folder["other"]);
        string linked = Path.Combine(_folder["other"], "trust.xml");
        File.CreateSymbolicLink(linked, FilePath);
        Directory.CreateSymbolicLink(_folder["link"], _folder["machine"]);
        Assert.Equal(TrustRegisterFault.NotProtected, Fault(() => TrustRegister.Open(linked)));
        Assert.Equal(TrustRegisterFault.NotProtected, Fault(() => TrustRegister.Open(Path.Combine(_folder["link"], "trust.xml"))));
    }

    [Fact]
    public void A_register_of_another_user_is_not_used()
    {
        Assert.SkipUnless(Environment.UserName == "root", "Only root can give a file away.");
        WriteSample();
        using (Process chown = Process.Start("chown", ["12345", FilePath])) chown.WaitForExit();
        TrustRegisterException refusal = Assert.Throws<TrustRegisterException>(() => TrustRegister.Open(FilePath));
        Assert.Equal(TrustRegisterFault.NotProtected, refusal.Fault);
        Assert.Contains("belongs to another user", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writers_at_the_same_time_lose_nothing()
    {
        IEnumerable<Task> writers = Enumerable.Range(0, 4).Select(writer => Task.Run(
            () =>
            {
                for (int i = 0; i < 5; i++)
                    TrustRegister.Open(FilePath).Add(TestCertificates.Entry($"{writer}-{i}", TrustJudgeTests.Platform((byte)(writer * 5 + i))), replace: false, TestContext.Current.CancellationToken);
            },
            TestContext.Current.CancellationToken));
        await Task.WhenAll(writers);
        Assert.Equal(20, TrustRegister.Open(FilePath).Entries.Count);
    }

    [Fact]
    public void A_change_that_is_cancelled_changes_nothing()
    {
        string before = WriteSample();
        Assert.ThrowsAny<OperationCanceledException>(() => TrustRegister.Open(FilePath).Remove("host", new CancellationToken(canceled: true)));
        Assert.Equal(before, File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_folder_in_the_place_of_the_register_is_an_error()
    {
        Directory.CreateDirectory(FilePath);
        Assert.Equal(TrustRegisterFault.InputOutput, Fault(() => TrustRegister.Open(FilePath)));
    }

    private string WriteSample()
    {
        using X509Certificate2 root = TestCertificates.Make("Root", authority: true);
        TrustRegister register = TrustRegister.Open(FilePath);
        register.Add(TestCertificates.Entry("CA", TestCertificates.Identity(root), TrustRole.MigrationAuthority, includesIssued: true), replace: false, TestContext.Current.CancellationToken);
        register.Add(TestCertificates.Entry("host", TrustJudgeTests.Platform(1)), replace: false, TestContext.Current.CancellationToken);
        return File.ReadAllText(FilePath);
    }

    private static TrustRegisterFault Fault(Action action) => Assert.Throws<TrustRegisterException>(action).Fault;
}
