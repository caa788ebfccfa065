using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>A machine on which much stands against migration; see the setup.</summary>
public sealed class HinderedScene : IDisposable
{
    public const uint FixedTpm = 1 << 1, EncryptedDuplication = 1 << 11, Decrypt = 1 << 17;

    private static readonly byte[] MsaKey = [0, 0x0b, .. SHA256.HashData("an MSA's key"u8)];

    public HinderedScene()
    {
        Scene.Run("""
            $null = New-TpmMigratableKey Inner -EncryptedDuplication
            $null = New-TpmMigratableKey Locked -Role Storage -KeyPassword $password
            $null = New-TpmMigratableKey Under -Parent Locked -ParentPassword $password
            $null = New-TpmMigratableKey Vault -Role Storage -EncryptedDuplication
            'Kept', 'Lost', 'Foreign' | ForEach-Object { $null = New-TpmMigratableKey $_; $null = Add-TpmKeyData $_ Data -Value 'something of some length' -DataName a }
            $global:toVault = Get-TpmMigrationDestination Vault
            $global:toLocked = Get-TpmMigrationDestination Locked -ParentPassword $password
            $global:forHere = Approve-TpmMigration Vpn $here -Reason Test
            $global:forThere = Approve-TpmMigration Vpn $there -Reason Test
            $global:forCode = Approve-TpmMigration Code $there -Reason Test
            $global:over = $forThere.Document -replace 'created="[^"]*"', 'created="2020-01-01T00:00:00Z"' -replace 'validUntil="[^"]*"', 'validUntil="2020-01-02T00:00:00Z"'
            $global:elsewhere = $forThere.Document -replace '(<Machine [^>]* name="000b)........', '${1}00000000'
            $global:altered = $forHere.Document -replace '(<Destination [^>]* name=")[^"]*', "`${1}$(([xml]$forThere.Document).DocumentElement.Destination.name)"
            $global:untrusted = "$files/trust/none.xml"
            """).ThrowIfFailed();
        string none = new('0', 64);
        Forge("Bound", set: FixedTpm);
        Forge("Free", policy: []);
        Forge("Odd", policy: SHA256.HashData("another policy"u8));
        Forge("Cmk", policy: PolicyAuthorize(), record: text => Branch.Replace(text, $"<step command=\"0x0000016a\" policy=\"000d{Convert.ToHexStringLower(Reference)}0022{Convert.ToHexStringLower(MsaKey)}\" />"));
        Forge("Abroad", record: text => Parent.Replace(text, $"<parent tpmName=\"000b{none}\""));
        Forge("Orphan", record: text => Parent.Replace(text, $"<parent key=\"Gone\" tpmName=\"000b{none}\""));
        Forge("Stray", record: text => Parent.Replace(text, $"<parent key=\"Code\" tpmName=\"000b{none}\""));
        Forge("Changeling", record: text => Parent.Replace(text, $"<parent key=\"Group\" tpmName=\"000b{none}\""));
        Forge("Buried", record: text => Parent.Replace(text, $"<parent key=\"Broken\" tpmName=\"000b{none}\""));
        Forge("Broken");
        File.AppendAllText(Path.Combine(Scene.Store, "Broken.pem"), "x");
        string damaged = Path.Combine(Scene.Store, "Lost.data");
        byte[] data = File.ReadAllBytes(damaged);
        data[^1] ^= 1;
        File.WriteAllBytes(damaged, data);
        // Data as another TPM's store has it: under a data key that is not here, with the index in order.
        Scene.Run("$null = New-TpmMigratableKey Foreign @other; $null = Add-TpmKeyData Foreign Data -Value x -DataName a @other").ThrowIfFailed();
        Transplant();

        string here = (string)Scene.Run("$here.Document").ThrowIfFailed().Output[0].BaseObject;
        Put("toEncrypted", Forgery.Destination(here, parent => Forgery.With(parent, EncryptedDuplication, FixedTpm)));
        Put("toSigner", Forgery.Destination(here, parent => Forgery.With(parent, 0, Decrypt)));
        Put("toSm4", Forgery.Destination(here, parent => Forgery.WithCipher(parent, 0x0013)));
        Put("pfx", Path.Combine(Scene.Files, "expired.pfx"));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 expired = new CertificateRequest("CN=Old", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-9), DateTimeOffset.UtcNow.AddDays(-2));
        File.WriteAllBytes(Path.Combine(Scene.Files, "expired.pfx"), expired.Export(X509ContentType.Pfx));
        File.WriteAllBytes(Path.Combine(Scene.Files, "public.pfx"), new X509Certificate2Collection(X509CertificateLoader.LoadCertificate(expired.RawData)).Export(X509ContentType.Pfx)!);
    }

    internal Scene Scene { get; } = new();

    internal static string MsaKeyName { get; } = Convert.ToHexStringLower(MsaKey);

    public void Dispose() => Scene.Dispose();

    private static Regex Parent { get; } = new("<parent tpmName=\"[^\"]*\"");

    private static Regex Branch { get; } = new("(?<=<branch>).*?(?=</branch>)", RegexOptions.Singleline);

    // PolicyAuthorize sets the digest back to zero, then extends it by its code and the key's name, then by the reference.
    private static byte[] PolicyAuthorize() => SHA256.HashData([.. SHA256.HashData([.. new byte[32], 0, 0, 1, 0x6a, .. MsaKey]), .. Reference]);

    private static byte[] Reference => "tpm-migration"u8.ToArray();

    private void Put(string variable, string value) =>
        Scene.Run("param($Name, $Value) $ExecutionContext.SessionState.PSVariable.Set(\"global:$Name\", $Value)", new { Name = variable, Value = value }).ThrowIfFailed();

    private void Forge(string name, uint set = 0, byte[]? policy = null, Func<string, string>? record = null) => Forgery.Key(
        Scene.Store, "Vpn", name, area => policy == null ? Forgery.With(area, set) : Forgery.WithPolicy(area, policy), record ?? (text => text));

    private void Transplant()
    {
        string other = (string)Scene.Run("$other.Store").ThrowIfFailed().Output[0].BaseObject;
        foreach (string file in new[] { "Foreign.pem", "Foreign.xml", "Foreign.data" }) File.Copy(Path.Combine(other, file), Path.Combine(Scene.Store, file), overwrite: true);
    }
}

/// <summary>-WhatIf of export and import names what would stop them, and neither TPM nor store notice.</summary>
public sealed class WhatIfTests(HinderedScene hindered) : IClassFixture<HinderedScene>
{
    /// <summary>TPM_CC of what may be sent: CreatePrimary and FlushContext for the storage root key, and what reads.</summary>
    private static readonly uint[] s_harmless = [0x131, 0x165, 0x17A, 0x173, 0x169, 0x14E];

    private Scene Scene => hindered.Scene;

    [Theory]
    [InlineData("Vpn $there", "Approval.Missing", ErrorCategory.PermissionDenied, "The TPM Owner has not approved that the key 'Vpn' goes to", "Vpn")]
    [InlineData("Vpn $there -Approval $forCode", "Approval.ForAnotherKey", ErrorCategory.SecurityError, "No approval given is for the key 'Vpn'; they are for 'Code'.", "Vpn")]
    [InlineData("Vpn $there -Approval $forHere", "Approval.ForAnotherDestination", ErrorCategory.SecurityError, "The TPM would refuse to let the key 'Vpn' go to", "Vpn")]
    [InlineData("Vpn $there -Approval $altered", "Approval.ForAnotherDestination", ErrorCategory.SecurityError, "The TPM would refuse to let the key 'Vpn' go to", "Vpn")]
    [InlineData("Vpn $there -Approval $over", "Approval.Expired", ErrorCategory.SecurityError, "The approval for the key 'Vpn' ended at 2020-01-02 00:00:00Z.", "Vpn")]
    [InlineData("Vpn $there -Approval $elsewhere", "Approval.ForAnotherMachine", ErrorCategory.SecurityError, "by another TPM", "Vpn")]
    [InlineData("Bound $there -Reason Test", "TpmKey.NotMigratable", ErrorCategory.InvalidOperation, "fixedTPM is set", "Bound")]
    [InlineData("Mail $there -Reason Test", "TpmKey.MovesWithParent", ErrorCategory.InvalidOperation, "fixedParent is set and fixedTPM is not", "Mail")]
    [InlineData("Free $there -Reason Test", "TpmKey.NotDuplicable", ErrorCategory.InvalidOperation, "The key has no policy", "Free")]
    [InlineData("Odd $there -Reason Test", "TpmKey.UnknownPolicy", ErrorCategory.InvalidOperation, "a policy that is neither recorded here nor one this module makes", "Odd")]
    [InlineData("Cmk $there -Reason Test", "TpmKey.NeedsSelectionAuthority", ErrorCategory.InvalidOperation, "Its policy asks for PolicyAuthorize by the MSA with the key 000b", "Cmk")]
    [InlineData("Inner $there -Reason Test", "TpmKey.NeedsInnerWrap", ErrorCategory.InvalidOperation, "encryptedDuplication is set", "Inner")]
    [InlineData("Abroad $there -Reason Test", "TpmKey.ForAnotherTpm", ErrorCategory.InvalidOperation, "under the storage root key of another TPM", "Abroad")]
    [InlineData("Orphan $there -Reason Test", "TpmKey.ParentMissing", ErrorCategory.ObjectNotFound, "The parent key 'Gone' is not in the store.", "Orphan")]
    [InlineData("Stray $there -Reason Test", "TpmKey.NotAStorageKey", ErrorCategory.InvalidOperation, "The key 'Code' is no storage key and cannot be a parent.", "Stray")]
    [InlineData("Changeling $there -Reason Test", "TpmKey.NotLoadable", ErrorCategory.InvalidData, "made under another parent than the key that is now named 'Group'", "Changeling")]
    [InlineData("Buried $there -Reason Test", "KeyStore.KeyDamaged", ErrorCategory.InvalidData, "The key 'Broken' in", "Buried")]
    [InlineData("Under $there -Reason Test", "TpmKey.ParentPassword", ErrorCategory.AuthenticationError, "The parent key 'Locked' has a password, and none was given.", "Under")]
    [InlineData("Code $there -Reason Test", "TpmKey.KeyPassword", ErrorCategory.AuthenticationError, "The key 'Code' has a password, and none was given.", "Code")]
    [InlineData("Lost $there -Reason Test", "TpmKeyData.Damaged", ErrorCategory.InvalidData, "the content of 'a' does not agree with its checksum", "Lost")]
    [InlineData("Kept $toEncrypted -Reason Test", "TpmKey.NeedsInnerWrap", ErrorCategory.InvalidOperation, "The new parent takes only what has an inner wrap, and data goes without one here.", "Kept")]
    [InlineData("Vpn $toSigner -Reason Test", "Destination.Malformed", ErrorCategory.InvalidData, "The parent is no storage key", null)]
    [InlineData("Vpn $toSm4 -Reason Test", "Tpm.Unsupported", ErrorCategory.NotImplemented, "the new parent uses Sm4, which the TPM does not have", null)]
    [InlineData("Vpn $there -Reason Test -Certificate $files/expired.pfx", "Signer.Expired", ErrorCategory.SecurityError, "The certificate 'CN=Old' was valid until", null)]
    [InlineData("Vpn $there -Reason Test -Certificate $files/public.pfx", "Signer.NoPrivateKey", ErrorCategory.SecurityError, "holds no private key", null)]
    [InlineData("Nobody $there -Reason Test", "TpmKey.NotFound", ErrorCategory.ObjectNotFound, "There is no key named 'Nobody' in the store.", "Nobody")]
    public void An_export_that_is_only_told_names_what_stands_against_it(string arguments, string id, ErrorCategory category, string text, string? target) =>
        Expect.Error(Assert.Single(Tell($"Export-TpmMigrationPackage {arguments} -Path $files/never.xml").Errors), id, category, text, target);

    [Theory]
    [InlineData("$foreign -NewName X", "Package.ForAnotherMachine", ErrorCategory.InvalidOperation, "that this machine's TPM does not have")]
    [InlineData("$package", "KeyStore.KeyExists", ErrorCategory.ResourceExists, "A key named 'Vpn' is in the store already.")]
    [InlineData("$package -NewName '../x'", "KeyStore.InvalidName", ErrorCategory.InvalidArgument, "name")]
    [InlineData("(Export-TpmMigrationPackage Group $here -Reason Test @direct) -NewName @{ Group = 'Same'; Mail = 'same' }", "KeyStore.KeyExists", ErrorCategory.ResourceExists, "Two keys of the package would be named 'same'.")]
    [InlineData("(Export-TpmMigrationPackage Code $here -Reason Test -KeyPassword $password @direct) -NewName X", "Package.PasswordNeeded", ErrorCategory.AuthenticationError, "The key 'Code' has a password")]
    [InlineData("(Export-TpmMigrationPackage Vpn $toLocked -Reason Test @direct) -NewName X", "TpmKey.ParentPassword", ErrorCategory.AuthenticationError, "The parent key 'Locked' has a password, and none was given.")]
    [InlineData("(Export-TpmMigrationPackage Vpn $toVault -Reason Test @direct) -NewName X", "TpmKey.EncryptedDuplicationMismatch", ErrorCategory.InvalidOperation, "differ in encryptedDuplication")]
    public void An_import_that_is_only_told_names_what_stands_against_it(string arguments, string id, ErrorCategory category, string text)
    {
        // What is to be imported is made first, past the one who watches.
        Scene.Run("param($Direct) $global:direct = @{ Tpm = $Direct }", new { Direct = Scene.Tpm.ConnectionString }).ThrowIfFailed();
        Match made = Regex.Match(arguments, @"^(\(.*?\)) (-NewName.*)$");
        if (made.Success)
        {
            Scene.Run($"$global:made = {made.Groups[1].Value}").ThrowIfFailed();
            arguments = "$made " + made.Groups[2].Value;
        }
        Expect.Error(Assert.Single(Tell($"Import-TpmMigrationPackage {arguments} -TrustRegister $untrusted").Errors), id, category, text, null);
    }

    [Fact]
    public void An_import_that_is_only_told_names_a_signer_who_is_not_trusted() => Expect.Error(
        Scene.ErrorOf("Import-TpmMigrationPackage $foreign -TrustRegister $untrusted -WhatIf @other"), "Package.SignerUnknown", ErrorCategory.SecurityError, "", null);

    [Fact]
    public void The_MSA_of_a_CMK_is_named() =>
        Assert.Contains(HinderedScene.MsaKeyName, Assert.Single(Tell("Export-TpmMigrationPackage Cmk $there -Reason Test").Errors).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Data_of_another_TPM_is_named() =>
        Assert.Equal(
            ["TpmKey.ForAnotherTpm", "TpmKeyData.NotReadable"],
            Tell("Export-TpmMigrationPackage Foreign $there -Reason Test").Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));

    [Fact]
    public void All_that_stands_against_it_is_told_at_once_and_for_each_key() => Assert.Equal(
        [
            "Signer.Expired ", "Tpm.Unsupported ", "TpmKey.NeedsSelectionAuthority Cmk", "TpmKey.KeyPassword Code", "Approval.Missing Code", "TpmKey.ParentPassword Under", "Approval.Missing Under",
        ],
        Tell("Export-TpmMigrationPackage Cmk, Code, Under $toSm4 -Certificate $files/expired.pfx").Errors
            .Select(e => $"{e.FullyQualifiedErrorId.Split(',')[0]} {(e.TargetObject as string is { Length: < 10 } name ? name : "")}"));

    [Theory]
    [InlineData("Get-TpmKey Group, Mail | Export-TpmMigrationPackage -Destination $there -Reason Test")]
    [InlineData("Export-TpmMigrationPackage Vpn $there -Approval $forThere")]
    [InlineData("Export-TpmMigrationPackage Kept $there -Reason Test")]
    [InlineData("Export-TpmMigrationPackage Code $there -Reason Test -KeyPassword $password")]
    [InlineData("Import-TpmMigrationPackage $package -NewName X -TrustRegister $untrusted")]
    public void Where_nothing_stands_against_it_there_is_no_error(string script) => Assert.Empty(Tell(script).Errors);

    [Fact]
    public void It_says_key_by_key_what_would_be_done()
    {
        HostProcess.Result result = HostProcess.Run("-Command", $$"""
            Import-Module '{{Repository.Module}}'
            $on = @{ Tpm = '{{Scene.Tpm.ConnectionString}}'; Store = '{{Scene.Store}}' }
            $here = Get-TpmMigrationDestination @on
            Get-TpmKey Vpn, Group, Mail @on | Export-TpmMigrationPackage -Destination $here -Reason Test -WhatIf @on
            $package = Export-TpmMigrationPackage Group $here -Reason Test @on
            Import-TpmMigrationPackage $package -NewName @{ Group = 'NewGroup'; Mail = 'NewMail' } -TrustRegister '{{Scene.Files}}/none.xml' -WhatIf @on
            """);
        string host = Environment.MachineName;
        Assert.Equal(
            [
                $"Export to '{host}' Group", $"Export to '{host}' along with 'Group' Mail", $"Export to '{host}' Vpn",
                $"Import from '{host}' into this machine's TPM and key store NewGroup", $"Import from '{host}' into this machine's TPM and key store NewMail",
            ],
            result.Lines.Select(line => Regex.Match(line, "^What if: .*operation \"(.*)\" on target \"(.*)\"")).Where(m => m.Success).Select(m => $"{m.Groups[1].Value} {m.Groups[2].Value}"));
        Assert.Equal(string.Empty, result.Error.Trim());
    }

    /// <summary>Runs with -WhatIf, and sees that nothing comes of it: no output, no byte, no handle, no command that could change the TPM.</summary>
    private ModuleSessionResult Tell(string script)
    {
        string before = Scene.State();
        ModuleSessionResult result;
        uint[] commands;
        using (var watched = new InterceptedTpm(Scene.Tpm))
        {
            result = Scene.Run($"param($Watched) {script} -WhatIf -Tpm $Watched", new { Watched = watched.ConnectionString });
            commands = [.. watched.Commands];
        }
        Assert.True(result.Terminating == null, result.Terminating?.ToString());
        Assert.Empty(result.Output);
        Assert.Equal(before, Scene.State());
        Assert.Equal([], commands.Except(s_harmless).Select(code => $"0x{code:X}"));
        return result;
    }
}
