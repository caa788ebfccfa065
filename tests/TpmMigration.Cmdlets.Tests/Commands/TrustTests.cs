using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>The trust register through the commands.</summary>
public sealed class TrustTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("trust-commands-");
    private readonly ModuleSession _session = new();

    public TrustTests()
    {
        File.WriteAllBytes(_folder["ma.cer"], Convert.FromBase64String(Certificate));
        File.WriteAllText(_folder["ma.pem"], "text before\n" + PemEncoding.WriteString("CERTIFICATE", Convert.FromBase64String(Certificate)));
        _session.Run(
            """
            param($Register, $Folder, $Der)
            $global:PSDefaultParameterValues = @{ '*-MigrationAuthority:TrustRegister' = $Register }
            $global:folder = $Folder
            $global:der = $Der
            $global:signed = [pscustomobject]@{ Id = 1; SignerCertificate = $Der; SignerKey = $null; Path = '' }
            function global:Copy-Remoted($Value) {
                [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($Value, 3))
            }
            """,
            new { Register, Folder = _folder.FullPath, Der = Certificate }).ThrowIfFailed();
    }

    /// <summary>A certificate of a certification authority that also signs; DER in base64.</summary>
    public static string Certificate { get; } = MakeCertificate();

    private string Register => Path.Combine(_folder["register"], "trust.xml");

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("Register-MigrationAuthority ma $folder/ma.cer -Role PackageSigner", "ma PackageSigner False")]
    [InlineData("Register-MigrationAuthority ma -Certificate $folder/ma.pem -Role MigrationAuthority, PackageSigner", "ma PackageSigner, MigrationAuthority False")]
    [InlineData("Register-MigrationAuthority ma -Certificate ([Convert]::FromBase64String($der)) -Role PackageSigner -IncludeIssued", "ma PackageSigner True")]
    [InlineData("Register-MigrationAuthority ma -Certificate ([IO.FileInfo]\"$folder/ma.cer\") -Role PackageSigner", "ma PackageSigner False")]
    [InlineData("Register-MigrationAuthority ma -Certificate ([Security.Cryptography.X509Certificates.X509Certificate2]::new([Convert]::FromBase64String($der))) -Role PackageSigner", "ma PackageSigner False")]
    [InlineData("Register-MigrationAuthority ma -Certificate (Copy-Remoted ([Security.Cryptography.X509Certificates.X509Certificate2]::new([Convert]::FromBase64String($der)))) -Role PackageSigner", "ma PackageSigner False")]
    [InlineData("$signed | Register-MigrationAuthority -Name ma -Role MigrationSelectionAuthority", "ma MigrationSelectionAuthority False")]
    [InlineData("Copy-Remoted $signed | Register-MigrationAuthority -Name ma -Role PackageSigner", "ma PackageSigner False")]
    public void A_signer_is_registered_and_listed(string script, string shown)
    {
        string[] lines = Lines(script
            + " | ForEach-Object { \"$($_.Name) $($_.Role) $($_.IncludesIssued)\" }");
        Assert.Equal([shown], lines);
        Assert.Equal([shown], Lines("Get-MigrationAuthority | ForEach-Object { \"$($_.Name) $($_.Role) $($_.IncludesIssued)\" }"));
        Assert.Equal([Convert.ToHexStringLower(SHA256.HashData(Convert.FromBase64String(Certificate)))], Lines("(Get-MigrationAuthority MA).Fingerprint"));
    }

    [Fact]
    public void A_register_is_taken_over_by_pipe_also_from_another_machine()
    {
        Run("Register-MigrationAuthority 'Corp CA' -Certificate $folder/ma.cer -Role PackageSigner, MigrationAuthority -IncludeIssued -Reason 'Contract 17'");
        Assert.Equal(
            ["Corp CA|PackageSigner, MigrationAuthority|True|Contract 17"],
            Lines("Copy-Remoted (Get-MigrationAuthority) | Register-MigrationAuthority -TrustRegister $folder/other/trust.xml | ForEach-Object { \"$($_.Name)|$($_.Role)|$($_.IncludesIssued)|$($_.Reason)\" }"));
    }

    [Fact]
    public void Signers_are_found_by_pattern_and_role_and_taken_out_by_pipe()
    {
        Run("Register-MigrationAuthority 'Corp CA' -Certificate $folder/ma.cer -Role PackageSigner");
        Assert.Equal(["Corp CA"], Lines("(Get-MigrationAuthority c*).Name"));
        Assert.Empty(Lines("(Get-MigrationAuthority x*).Name"));
        Assert.Equal(["Corp CA"], Lines("(Get-MigrationAuthority -Role PackageSigner, MigrationAuthority).Name"));
        Assert.Empty(Lines("(Get-MigrationAuthority -Role MigrationAuthority).Name"));
        Run("Get-MigrationAuthority | Unregister-MigrationAuthority");
        Assert.Empty(Lines("Get-MigrationAuthority"));
    }

    [Theory]
    [InlineData("Register-MigrationAuthority more -SignerCertificate $der -Role PackageSigner -TrustRegister $folder/none/trust.xml -WhatIf")]
    [InlineData("Unregister-MigrationAuthority ma -WhatIf")]
    public void WhatIf_changes_nothing(string script)
    {
        Run("Register-MigrationAuthority ma -Certificate $folder/ma.cer -Role PackageSigner");
        byte[] before = File.ReadAllBytes(Register);
        Assert.Empty(_session.Run(script).ThrowIfFailed().Output);
        Assert.Equal(before, File.ReadAllBytes(Register));
        Assert.False(Directory.Exists(_folder["none"]));
    }

    [Theory]
    [InlineData("Register-MigrationAuthority MA -SignerCertificate $der -Role PackageSigner", "Trust.Exists", ErrorCategory.ResourceExists)]
    [InlineData("Register-MigrationAuthority other -SignerCertificate $der -Role PackageSigner -Force", "Trust.Exists", ErrorCategory.ResourceExists)]
    [InlineData("Register-MigrationAuthority 'a*' -SignerCertificate $der -Role PackageSigner", "Trust.InvalidEntry", ErrorCategory.InvalidArgument)]
    [InlineData("Register-MigrationAuthority a -SignerCertificate $der -Role None", "Trust.InvalidEntry", ErrorCategory.InvalidArgument)]
    [InlineData("Register-MigrationAuthority a -Role PackageSigner", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("[pscustomobject]@{ SignerCertificate = $null; SignerKey = $null } | Register-MigrationAuthority -Name a -Role PackageSigner", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Register-MigrationAuthority a -SignerKey 'AAAA' -Role PackageSigner", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Register-MigrationAuthority a -SignerCertificate '!' -Role PackageSigner", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Register-MigrationAuthority a -SignerCertificate 'AAAA' -Role PackageSigner", "Signature.Key", ErrorCategory.SecurityError)]
    [InlineData("Register-MigrationAuthority a -Certificate /nowhere/x.cer -Role PackageSigner", "Document.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Register-MigrationAuthority a -Certificate 7 -Role PackageSigner", "Argument.Invalid", ErrorCategory.InvalidArgument)]
    [InlineData("Get-MigrationAuthority nobody", "Trust.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Unregister-MigrationAuthority nobody", "Trust.NotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("[IO.File]::WriteAllText(\"$folder/register/trust.xml\", '<x/>'); Get-MigrationAuthority", "Trust.Malformed", ErrorCategory.InvalidData)]
    [InlineData("[IO.File]::SetUnixFileMode(\"$folder/register\", 'UserRead, UserWrite, UserExecute, OtherWrite'); Get-MigrationAuthority", "Trust.NotProtected", ErrorCategory.SecurityError)]
    public void One_error_with_a_stable_id(string script, string id, ErrorCategory category)
    {
        Run("Register-MigrationAuthority ma -Certificate $folder/ma.cer -Role PackageSigner");
        ModuleSessionResult result = _session.Run(script);
        ErrorRecord error = result.Terminating ?? Assert.Single(result.Errors);
        Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails?.RecommendedAction));
    }

    [Fact]
    public void Names_are_completed()
    {
        Run("Register-MigrationAuthority 'Corp CA' -Certificate $folder/ma.cer -Role PackageSigner");
        string line = $"Get-MigrationAuthority -TrustRegister '{Register}' -Name co";
        Assert.Equal(["'Corp CA'"], Lines($"(TabExpansion2 \"{line}\" {line.Length}).CompletionMatches.CompletionText"));
    }

    private void Run(string script) => _session.Run(script).ThrowIfFailed();

    private string[] Lines(string script) => [.. _session.Run(script).ThrowIfFailed().Output.Where(o => o != null).Select(o => o.ToString())];

    private static string MakeCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Contoso MA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return Convert.ToBase64String(certificate.RawData);
    }
}
