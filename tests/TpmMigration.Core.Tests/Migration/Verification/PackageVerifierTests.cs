using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Xml.Linq;
using TpmMigration.Approvals;
using TpmMigration.Keys;
using TpmMigration.Migration;
using TpmMigration.Packages;
using TpmMigration.Testing;
using TpmMigration.Tests.Packages;
using Xunit;

namespace TpmMigration.Tests.Migration.Verification;

/// <summary>Each check of a package: passed, failed, not checked; and whatever comes of it, TPM and store are as before.</summary>
public sealed class PackageVerifierTests : IDisposable
{
    private readonly Machine _source = new();
    private readonly Machine _target = new();
    private readonly TemporaryFolder _folder = new("verifier-");
    private readonly MigrationPackage _package;

    public PackageVerifierTests()
    {
        using KeyPasswords password = Machine.Password(key: "secret");
        _source.Create("top", KeyRole.Storage);
        _source.Create("middle", KeyRole.Storage, parent: "top", movesWithParent: true);
        _source.Create("leaf", parent: "middle", passwords: password);
        _source.Create("other");
        _source.Run(loader =>
        {
            using var vault = new KeyDataVault(loader);
            using var data = new KeyData(KeyDataType.Data, "a", "", Encoding.ASCII.GetBytes("some content"));
            vault.Put(loader.Store.Find("other")!.Require(), data, replace: false);
            return true;
        });
        MigrationDestination destination = _target.Destination();
        _package = MigrationTests.Export(_source, destination, ["top", "other"], [_source.Approve("top", destination), _source.Approve("other", destination)], password);
        Assert.Equal(["top", "middle", "leaf", "other"], _package.Keys.Select(k => k.Name));
        _ = _target.Run(StoreDataKey.Obtain); // So that a rehearsal has nothing to make.
    }

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_sound_package_passes_what_can_be_checked_without_a_TPM() => Assert.Equal(
        "Form+ Signature+ Integrity+ Trust+ Approvals+ Destination? Key?", Verify(SignedText.Write(_package)));

    [Fact]
    public void A_rehearsal_checks_the_rest_key_by_key()
    {
        Assert.Equal("Form+ Signature+ Integrity+ Trust+ Approvals+ Destination+ Key:top+ Key:middle+ Key:leaf+ Key:other+", Rehearse(_package, "secret"));
        // Without its password a key is taken in, and what was not proven is said.
        Assert.Equal("Form+ Signature+ Integrity+ Trust+ Approvals+ Destination+ Key:top+ Key:middle+ Key:leaf+ Key:other+", Rehearse(_package, ""));
        Assert.Contains("for want of its password", _last!.Findings.Single(f => f.KeyName == "leaf").Reason, StringComparison.Ordinal);
        Assert.Contains("and it works", _last.Findings.Single(f => f.KeyName == "other").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_package_fails_the_first_check_and_the_rest_is_not_checked()
    {
        Assert.Equal("Form- Signature? Integrity? Trust? Approvals? Destination? Key?", Verify("<x/>"));
        Assert.Null(_last!.Package);
        Assert.False(_last.IsSound);
        Assert.Equal("Form- Signature? Integrity? Trust? Approvals? Destination? Key?", Verify(SignedText.Write(_package)[..2000]));
        Assert.IsType<PackageFormatException>(_last.Findings[0].Cause);
    }

    [Fact]
    public void A_package_that_was_changed_fails_the_signature()
    {
        string text = SignedText.Write(_package);
        Assert.Equal("Form+ Signature- Integrity? Trust? Approvals? Destination? Key?", Verify(text.Replace("\"leaf\"", "\"reef\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_public_area_that_is_not_the_named_key_fails_the_integrity()
    {
        XDocument document = SignedText.Parse(SignedText.Write(_package));
        XElement other = document.Descendants().Last(e => e.Name.LocalName == "Public" && e.Parent!.Name.LocalName == "Key");
        byte[] area = Convert.FromBase64String(other.Value);
        area[^1] ^= 1;
        other.Value = Convert.ToBase64String(area);
        Assert.Equal("Form+ Signature+ Integrity- Trust? Approvals? Destination? Key?", Verify(SignedText.Sign(document)));
    }

    [Fact]
    public void A_signer_who_is_not_registered_fails_the_trust_and_the_rest_is_checked_nevertheless()
    {
        Assert.Equal(
            "Form+ Signature+ Integrity+ Trust- Approvals+ Destination+ Key:top+ Key:middle+ Key:leaf+ Key:other+", Verify(SignedText.Write(_package), "secret", trusted: false));
        Assert.False(_last!.IsSound);
        Assert.IsType<UntrustedSignerException>(_last.Findings[3].Cause);
    }

    [Fact]
    public void A_missing_approval_fails_the_approvals_and_the_rest_is_checked_nevertheless() => Assert.Equal(
        "Form+ Signature+ Integrity+ Trust+ Approvals- Destination+ Key:top+ Key:middle+ Key:leaf+ Key:other+", Rehearse(_package with { Approvals = [_package.Approvals[0]] }, "secret"));

    [Fact]
    public void To_be_for_another_machine_is_no_fault()
    {
        Assert.Equal("Form+ Signature+ Integrity+ Trust+ Approvals+ Destination? Key?", Verify(SignedText.Write(_package), "secret", machine: _source));
        Assert.True(_last!.IsSound);
    }

    [Fact]
    public void A_key_that_the_TPM_refuses_fails_and_what_is_below_it_is_not_checked()
    {
        Assert.Equal(
            "Form+ Signature+ Integrity+ Trust+ Approvals+ Destination+ Key:top- Key:middle? Key:leaf? Key:other+",
            Rehearse(WithKey(0, key => key with { Blob = new MigrationBlob(Flip(((MigrationBlob)key.Blob).Duplicate), ((MigrationBlob)key.Blob).EncryptedSeed) }), "secret"));
        Assert.Equal(
            "Form+ Signature+ Integrity+ Trust+ Approvals+ Destination+ Key:top+ Key:middle- Key:leaf? Key:other+",
            Rehearse(WithKey(1, key => key with { Blob = new ChildBlob(((ChildBlob)key.Blob).ParentId, Flip(((ChildBlob)key.Blob).Private)) }), "secret"));
    }

    [Fact]
    public void Data_that_does_not_open_fails_its_key_and_a_data_key_that_does_not_open_fails_all()
    {
        Assert.Equal(
            "Form+ Signature+ Integrity+ Trust+ Approvals+ Destination+ Key:top+ Key:middle+ Key:leaf+ Key:other-",
            Rehearse(WithKey(3, key => key with { Data = [key.Data[0] with { Content = Flip(key.Data[0].Content) }] }), "secret"));
        Assert.Equal(
            "Form+ Signature+ Integrity+ Trust+ Approvals+ Destination+ Key-",
            Rehearse(_package with { DataKey = _package.DataKey! with { Duplicate = Flip(_package.DataKey.Duplicate) } }, "secret"));
    }

    [Fact]
    public void A_wrong_password_ends_the_rehearsal()
    {
        KeyAuthorizationException error = Scene.Fails<KeyAuthorizationException>(_target, () => Rehearse(_package, "wrong"));
        Assert.Equal(AuthorizationSubject.Key, error.Subject);
    }

    private PackageReport? _last;

    private string Rehearse(MigrationPackage package, string password) => Verify(SignedText.Write(package), password);

    /// <summary>The verdicts: + for passed, - for failed, ? for not checked.</summary>
    private string Verify(string text, string? password = null, bool trusted = true, Machine? machine = null)
    {
        Machine here = machine ?? _target;
        string[] before = Scene.Kept(here);
        var verifier = new PackageVerifier(trusted ? SignedText.Signer.Identity : null, TrustRegister.Open(_folder["register/none.xml"]));
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(text));
        using KeyPasswords passwords = Machine.Password(key: password ?? "");
        _last = password == null ? verifier.Verify(input) : here.Run(loader => verifier.Verify(input, new PackageRehearsal(loader, passwords)), passwords);
        Assert.Equal(before, Scene.Kept(here));
        Assert.Equal(_last.Findings.All(f => f.Verdict != CheckVerdict.Failed), _last.IsSound);
        Assert.All(_last.Findings, f => Assert.Equal(f.Verdict == CheckVerdict.Failed, f.Cause != null));
        Assert.All(_last.Findings, f => Assert.NotEmpty(f.Reason));
        return string.Join(' ', _last.Findings.Select(f => f.Check + (f.KeyName == null ? "" : ":" + f.KeyName) + (f.Verdict switch { CheckVerdict.Passed => "+", CheckVerdict.Failed => "-", _ => "?" })));
    }

    private MigrationPackage WithKey(int index, Func<PackageKey, PackageKey> change) =>
        _package with { Keys = [.. _package.Keys.Select((key, i) => i == index ? change(key) : key)] };

    private static byte[] Flip(byte[] bytes)
    {
        byte[] other = (byte[])bytes.Clone();
        other[^5] ^= 1;
        return other;
    }
}
