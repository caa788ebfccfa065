using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>Passwords go into commands and never come out, whether the command succeeds or fails.</summary>
public sealed class SecretTests : SceneTests
{
    private const string Wrong = "wrong-pony", Owner = "owner-secret", File = "file-secret", Phrase = "recovery-secret-phrase";

    private static readonly string[] s_secrets = [Scene.Password, Wrong, Owner, File, Phrase];

    /// <summary>In this order: each builds on those before it.</summary>
    private static readonly (string Script, string? Error)[] s_scripts =
    [
        ("New-TpmMigratableKey S1 -Role Storage -Persist -KeyPassword $password -OwnerPassword $owner", null),
        ("New-TpmMigratableKey S2 -Parent S1 -KeyPassword $password -ParentPassword $password -OwnerPassword $owner", null),
        ("New-TpmMigratableKey S3 -Parent S1 -ParentPassword $wrong -OwnerPassword $owner", "TpmKey.ParentPassword"),
        ("New-TpmMigratableKey S3 -KeyPassword $password -OwnerPassword $wrong", "Tpm.OwnerPassword"),
        ("Get-TpmMigrationDestination -OwnerPassword $owner", null),
        ("Get-TpmMigrationDestination -ParentPassword $wrong -OwnerPassword $wrong", "Tpm.OwnerPassword"),
        ("Approve-TpmMigration S2 $here -Reason Test -OwnerPassword $owner", null),
        ("Approve-TpmMigration S2 $here -Reason Test -OwnerPassword $wrong", "Tpm.OwnerPassword"),
        ("$global:exported = Export-TpmMigrationPackage S2 $here -Reason Test -KeyPassword $password -ParentPassword $password -OwnerPassword $owner; $exported", null),
        ("Export-TpmMigrationPackage S2 $here -Reason Test -KeyPassword $wrong -ParentPassword $password -OwnerPassword $owner", "TpmKey.KeyPassword"),
        ("Export-TpmMigrationPackage S2 $here -Reason Test -KeyPassword $password -ParentPassword $wrong -OwnerPassword $owner", "TpmKey.ParentPassword"),
        ("Export-TpmMigrationPackage S2 $here -Reason Test -KeyPassword $password -ParentPassword $password -OwnerPassword $wrong", "Tpm.OwnerPassword"),
        ("Import-TpmMigrationPackage $exported -NewName S4 -KeyPassword $password -ParentPassword $password -OwnerPassword $owner", null),
        ("Import-TpmMigrationPackage $exported -NewName S5 -KeyPassword $wrong -OwnerPassword $owner", "TpmKey.KeyPassword"),
        ("Import-TpmMigrationPackage $exported -NewName S5 -KeyPassword $password -OwnerPassword $wrong", "Tpm.OwnerPassword"),
        ("Export-TpmMigrationPackage S2 $here -Reason Test -KeyPassword $password -ParentPassword $password -OwnerPassword $owner -Certificate $files/signer.pfx -CertificatePassword $file -Path $files/signed.xml", null),
        ("Export-TpmMigrationPackage S2 $here -Reason Test -KeyPassword $password -ParentPassword $password -OwnerPassword $owner -Certificate $files/signer.pfx -CertificatePassword $wrong", "Signer.Password"),
        ("Approve-TpmMigration -AllKeys $there -Reason Test -Certificate $files/signer.pfx -CertificatePassword $file -Path $files/approvals 3>$null", null),
        ("Approve-TpmMigration -AllKeys $there -Reason Test -Certificate $files/signer.pfx -CertificatePassword $wrong 3>$null", "Signer.Password"),
        ("Deny-TpmMigration -AllKeys $there -Reason Test -Certificate $files/signer.pfx -CertificatePassword $file -Path $files/approvals", null),
        ("Deny-TpmMigration -AllKeys $there -Reason Test -Certificate $files/signer.pfx -CertificatePassword $wrong", "Signer.Password"),
        ("New-TpmMigratableKey S6 -FromFile $files/signer.pfx -FilePassword $file -KeyPassword $password -OwnerPassword $owner", null),
        ("New-TpmMigratableKey S7 -FromFile $files/signer.pfx -FilePassword $wrong -OwnerPassword $owner", "KeySource.WrongPassword"),
        ("Add-TpmKeyData S2 KeyPassword -SecureValue $password -OwnerPassword $owner", null),
        ("Add-TpmKeyData S2 KeyPassword -SecureValue $password -OwnerPassword $owner", "TpmKeyData.Exists"),
        ("Add-TpmKeyData S2 KeyPassword -SecureValue $file -DataName other -OwnerPassword $wrong", "Tpm.OwnerPassword"),
        // What it returns is the password as a SecureString, which the serializer of this test would open.
        ("(Get-TpmKeyData S2 password -Content -OwnerPassword $owner).GetType().Name", null),
        ("Get-TpmKeyData S2 password -Content -OwnerPassword $wrong", "Tpm.OwnerPassword"),
        ("Export-TpmMigrationPackage S2 $here -Reason Test -KeyPassword $password -ParentPassword $password -OwnerPassword $owner -Path $files/data.xml", null),
        ("Test-TpmMigrationPackage $files/data.xml -Rehearse -KeyPassword $password -ParentPassword $password -OwnerPassword $owner", null),
        ("Test-TpmMigrationPackage $files/data.xml -Rehearse -KeyPassword $wrong -OwnerPassword $owner", "TpmKey.KeyPassword"),
        ("Export-TpmMigrationPackage S2 $here -Reason Test -ParentPassword $password -OwnerPassword $owner -WhatIf", "TpmKey.KeyPassword"),
        ("Approve-TpmMigration S2 $here -Reason Test -OwnerPassword $owner -Path $files/approvals", null),
        ("Get-TpmMigrationDestination -OwnerPassword $owner -Path $files/here.xml", null),
        ("Get-TpmMigrationPackage $files/signed.xml | Register-MigrationAuthority -Name Signer -Role PackageSigner -TrustRegister $files/register/trust.xml", null),
        ("Import-TpmMigrationPackage $files/signed.xml -NewName S8 -KeyPassword $password -OwnerPassword $owner -TrustRegister $files/register/trust.xml", null),
        ("Import-TpmMigrationPackage $files/data.xml -NewName S9 -KeyPassword $password -OwnerPassword $owner -TrustRegister $files/register/trust.xml", null),
        ("Confirm-TpmKey S2 -KeyPassword $password -ParentPassword $password -OwnerPassword $owner -Path $files/certified.xml", null),
        ("Confirm-TpmKey S2 -KeyPassword $wrong -ParentPassword $password -OwnerPassword $owner", "TpmKey.KeyPassword"),
        ("$global:wrapped = Export-TpmMigrationPackage S2 $here -Reason Test -KeyPassword $password -ParentPassword $password -OwnerPassword $owner -RecoveryPassphrase $phrase -RecoveryAgent $files/signer.cer -Path $files/wrapped.xml; $wrapped", null),
        ("Import-TpmMigrationPackage $wrapped -NewName S10 -KeyPassword $password -OwnerPassword $owner -RecoveryPassphrase $phrase -TrustRegister $files/register/trust.xml", null),
        ("Import-TpmMigrationPackage $wrapped -NewName S11 -KeyPassword $password -OwnerPassword $owner -RecoveryPassphrase $wrong -TrustRegister $files/register/trust.xml", "Recovery.WrongPassphrase"),
        ("Test-TpmMigrationPackage $wrapped -Rehearse -KeyPassword $password -OwnerPassword $owner -RecoveryPassphrase $phrase", null),
        ("Unlock-TpmMigrationPackage $wrapped $here -Reason Test -Certificate $files/signer.pfx -CertificatePassword $file -Path $files/releases", null),
        ("Unlock-TpmMigrationPackage $wrapped $here -Reason Test -Certificate $files/signer.pfx -CertificatePassword $wrong", "Signer.Password"),
        ("Update-TpmMigrationPackage $wrapped $files/next.cer -Certificate $files/signer.pfx -CertificatePassword $file -Path $files/renewed.xml", null),
        ("Update-TpmMigrationPackage $wrapped $files/next.cer -Certificate $files/signer.pfx -CertificatePassword $wrong", "Signer.Password"),
        ("$global:vaulted = Export-TpmMigrationPackage S2 $here -Reason Test -KeyPassword $password -ParentPassword $password -OwnerPassword $owner -ReleaseAuthority $files/signer.cer; $vaulted", null),
        ("Convert-TpmMigrationPackage $vaulted $there -Approval (Approve-TpmMigration -AllKeys $there -Reason Test -Certificate $files/signer.pfx -CertificatePassword $file 3>$null) -ParentPassword $password -OwnerPassword $owner -Certificate $files/signer.pfx -CertificatePassword $file -Path $files/converted.xml 3>$null", null),
        ("Convert-TpmMigrationPackage $vaulted $there -OwnerPassword $wrong 3>$null", "Tpm.OwnerPassword"),
        // A storage key that can be migrated is refused before anybody is asked.
        ("Connect-MaService http://127.0.0.1:1 -Parent S1 -ParentPassword $password -OwnerPassword $owner", "MaService.CertificationRefused"),
        ("Find-MaPackage -Uri http://127.0.0.1:1 -Parent S1 -ParentPassword $password -TimeoutSeconds 1", "Tpm.OwnerPassword"),
        ("Get-MaPackage ([guid]::Empty) -Uri http://127.0.0.1:1 -Parent S1 -ParentPassword $password -TimeoutSeconds 1", "Tpm.OwnerPassword"),
        ("Remove-TpmKey S1 -Force -Confirm:$false -OwnerPassword $wrong", "Tpm.OwnerPassword"),
        ("Remove-TpmKey S1 -Force -Confirm:$false -OwnerPassword $owner", null),
    ];

    public SecretTests(Scene scene) : base(scene) => Scene.Run(
        """
        param($PlainOwner, $PlainFile, $PlainPhrase)
        $global:owner = [Security.SecureString]::new()
        $PlainOwner.ToCharArray() | ForEach-Object { $global:owner.AppendChar($_) }
        $global:file = [Security.SecureString]::new()
        $PlainFile.ToCharArray() | ForEach-Object { $global:file.AppendChar($_) }
        $global:phrase = [Security.SecureString]::new()
        $PlainPhrase.ToCharArray() | ForEach-Object { $global:phrase.AppendChar($_) }
        """,
        new { PlainOwner = Owner, PlainFile = File, PlainPhrase = Phrase }).ThrowIfFailed();

    [Fact]
    public void Passwords_and_private_keys_come_out_of_no_stream_and_stand_in_no_file()
    {
        string privateKey = MakeSigner();
        Scene.Tpm.Tool("tpm2_changeauth", "-c", "owner", Owner);
        try
        {
            foreach ((string script, string? error) in s_scripts)
            {
                ModuleSessionResult result = Scene.Run(
                    "$VerbosePreference = $DebugPreference = $InformationPreference = $WarningPreference = $ProgressPreference = 'Continue'; $Error.Clear(); " + script);
                ErrorRecord? problem = result.Terminating ?? result.Errors.SingleOrDefault();
                if (error != null) Scene.Tpm.Tool("tpm2_dictionarylockout", "--clear-lockout"); // There are more wrong passwords here than a TPM bears.
                Assert.True(error == problem?.FullyQualifiedErrorId.Split(',')[0], $"{script}: {problem} {problem?.Exception}");
                string told = Told.By(result) + Told.By(Scene.Run("$Error; $PSItem; $StackTrace"));
                Assert.All(s_secrets, secret => Assert.Null(SecretForms.Find(told, secret)));
                Assert.DoesNotContain(privateKey, told, StringComparison.OrdinalIgnoreCase);
                AssertNoFileHolds(privateKey);
            }
        }
        finally
        {
            Scene.Tpm.Tool("tpm2_changeauth", "-c", "owner", "-p", Owner);
            Scene.Tpm.Tool("tpm2_dictionarylockout", "--clear-lockout");
        }
    }

    [Fact]
    public void A_password_that_did_stand_in_a_file_would_be_found()
    {
        string path = Path.Combine(Scene.Files, "leak.bin");
        foreach (Encoding encoding in new[] { Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            byte[] secret = encoding.GetBytes(Owner);
            foreach (byte[] content in new[] { [1, 0xFF, .. secret, 2], Encoding.ASCII.GetBytes(Convert.ToBase64String([1, .. secret, 2])), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret)) })
            {
                System.IO.File.WriteAllBytes(path, content);
                Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => AssertNoFileHolds(new string('0', 64)));
            }
        }
        System.IO.File.Delete(path);
        AssertNoFileHolds(new string('0', 64));
    }

    [Fact]
    public void A_process_writes_no_password_to_its_console()
    {
        HostProcess.Result result = HostProcess.Run("-ShowProgress", "-Command", $$"""
            Import-Module '{{Repository.Module}}'
            $on = @{ Tpm = '{{Scene.Tpm.ConnectionString}}'; Store = '{{Scene.Store}}' }
            $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'
            function Secure([int[]] $Text) { $secure = [Security.SecureString]::new(); $Text | ForEach-Object { $secure.AppendChar([char]$_) }; $secure }
            $right = Secure {{string.Join(',', Scene.Password.Select(c => (int)c))}}
            $wrong = Secure {{string.Join(',', Wrong.Select(c => (int)c))}}
            New-TpmMigratableKey P1 -KeyPassword $right @on
            $here = Get-TpmMigrationDestination @on
            $package = Export-TpmMigrationPackage P1 $here -Reason Test -KeyPassword $right @on
            $package
            & { Export-TpmMigrationPackage P1 $here -Reason Test -KeyPassword $wrong @on } *>&1
            Import-TpmMigrationPackage $package -NewName P2 -KeyPassword $wrong @on
            """);
        Scene.Tpm.Tool("tpm2_dictionarylockout", "--clear-lockout");
        string told = result.Output + result.Error;
        Assert.Contains("The password of the key 'P1' is wrong or missing.", told, StringComparison.Ordinal);
        Assert.Contains("VERBOSE: ", told, StringComparison.Ordinal);
        Assert.All([Scene.Password, Wrong], secret => Assert.Null(SecretForms.Find(told, secret)));
    }

    [Theory]
    [InlineData("'x' + $plain + 'x'")]
    [InlineData("[pscustomobject]@{ Nested = @{ Deep = [Text.Encoding]::UTF8.GetBytes('12' + $plain) } }")]
    [InlineData("$PSCmdlet.WriteVerbose([BitConverter]::ToString([Text.Encoding]::Unicode.GetBytes($plain)))")]
    [InlineData("$PSCmdlet.WriteDebug($plain)")]
    [InlineData("$PSCmdlet.WriteWarning([Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('1' + $plain)))")]
    [InlineData("$PSCmdlet.WriteInformation([Convert]::ToHexString([Text.Encoding]::UTF8.GetBytes($plain)).ToLower(), [string[]]@())")]
    [InlineData("$p = [Management.Automation.ProgressRecord]::new(1, 'a', 's'); $p.CurrentOperation = $plain; $PSCmdlet.WriteProgress($p)")]
    [InlineData("throw [Exception]::new('a', [Exception]::new($plain))")]
    [InlineData("$x = [Exception]::new('a', [Exception]::new('b')); $x.InnerException.Data['c'] = [Text.Encoding]::UTF8.GetBytes($plain); throw $x")]
    [InlineData("$e = [Management.Automation.ErrorRecord]::new([Exception]::new('a'), 'i', 'NotSpecified', 't'); $e.ErrorDetails = [Management.Automation.ErrorDetails]::new('m'); $e.ErrorDetails.RecommendedAction = $plain; $PSCmdlet.WriteError($e)")]
    [InlineData("$PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new([Exception]::new('a'), 'i', 'NotSpecified', @{ Target = $plain }))")]
    public void A_password_that_did_come_out_would_be_found(string leak)
    {
        ModuleSessionResult result = Scene.Run(
            "[CmdletBinding()] param($plain) $VerbosePreference = $DebugPreference = $InformationPreference = 'Continue'; " + leak, new { plain = Scene.Password });
        Assert.NotNull(SecretForms.Find(Told.By(result), Scene.Password));
    }

    [Fact]
    public void Every_command_that_takes_a_password_is_among_those_tried()
    {
        string[] commands = [.. Scene.Run("(Get-Module TpmMigration).ExportedCmdlets.Values").ThrowIfFailed().Output.Select(o => (CmdletInfo)o.BaseObject)
            .SelectMany(command => command.Parameters.Values.Where(parameter => parameter.ParameterType == typeof(SecureString)).Select(parameter => $"{command.Name} -{parameter.Name}"))];
        Assert.NotEmpty(commands);
        Assert.All(commands, use => Assert.Contains(s_scripts, tried => use.Split(' ').All(part => tried.Script.Contains(part + " ", StringComparison.Ordinal))));
    }

    /// <summary>A PFX file with the password <see cref="File"/>; returns its private number in hex.</summary>
    private string MakeSigner()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = new CertificateRequest("CN=Signer", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9));
        System.IO.File.WriteAllBytes(Path.Combine(Scene.Files, "signer.pfx"), certificate.Export(X509ContentType.Pfx, File));
        System.IO.File.WriteAllBytes(Path.Combine(Scene.Files, "signer.cer"), certificate.RawData);
        using X509Certificate2 next = TestSigner.Make("Next");
        System.IO.File.WriteAllBytes(Path.Combine(Scene.Files, "next.cer"), next.RawData);
        return Convert.ToHexString(key.ExportParameters(true).D!);
    }

    /// <summary>Store, packages, approvals, destinations and registers: whatever the commands wrote.</summary>
    private void AssertNoFileHolds(string privateKey)
    {
        foreach (string path in new[] { Scene.Store, Scene.Files }.SelectMany(folder => Directory.GetFiles(folder, "*", SearchOption.AllDirectories)))
        {
            byte[] content = System.IO.File.ReadAllBytes(path);
            string text = Encoding.Latin1.GetString(content);
            foreach (string secret in s_secrets)
            {
                Assert.True(SecretForms.Find(text, secret) == null, $"{path} holds a password.");
                Assert.True(content.AsSpan().IndexOf(Encoding.Unicode.GetBytes(secret)) < 0 && content.AsSpan().IndexOf(Encoding.BigEndianUnicode.GetBytes(secret)) < 0, $"{path} holds a password in UTF-16.");
            }
            byte[] number = Convert.FromHexString(privateKey);
            Assert.True(content.AsSpan().IndexOf(number) < 0 && !text.Contains(privateKey, StringComparison.OrdinalIgnoreCase), $"{path} holds the private key.");
            foreach (int skip in new[] { 0, 1, 2 })
                Assert.DoesNotContain(Convert.ToBase64String(number[skip..^(2 - skip)]).TrimEnd('='), text, StringComparison.Ordinal);
        }
    }
}
