using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>A machine of which no more is known than its endorsement certificate: $certificate (a file), $chain and $root lead to its manufacturer.</summary>
public sealed class EndorsementKeyTests : IDisposable
{
    private const string Rewrap = "Have the keys exported anew to a storage key of this machine: Get-TpmMigrationDestination.";

    private readonly SimulatedTpm _old = SimulatedTpm.Start();
    private readonly SimulatedTpm _new = SimulatedTpm.StartCertified();
    private readonly TemporaryFolder _folder = new("endorsement-");
    private readonly ModuleSession _session = new();

    public EndorsementKeyTests()
    {
        _new.Tool("tpm2_nvread", "0x01C00002", "-o", _folder["ek.cer"]);
        Run("""
            param($Tpm, $NewTpm, $Folder, $Root, $Chain)
            $global:PSDefaultParameterValues = @{ '*-Tpm*:Tpm' = $Tpm; '*-Tpm*:Store' = "$Folder/old"; '*:TrustRegister' = "$Folder/register/trust.xml" }
            $global:new = @{ Tpm = $NewTpm; Store = "$Folder/new" }
            $global:offline = @{ Tpm = 'swtpm:host=127.0.0.1,port=1'; Store = "$Folder/none" }
            $global:folder, $global:root, $global:chain, $global:certificate = $Folder, $Root, $Chain, "$Folder/ek.cer"
            $null = New-TpmMigratableKey Vpn
            """, new { Tpm = _old.ConnectionString, NewTpm = _new.ConnectionString, Folder = _folder.FullPath, Root = SimulatedManufacturer.RootCertificatePath, Chain = SimulatedManufacturer.IssuerCertificatePath }).ThrowIfFailed();
    }

    public void Dispose()
    {
        Assert.Equal(string.Empty, _old.Tool("tpm2_getcap", "handles-transient") + _old.Tool("tpm2_getcap", "handles-loaded-session"));
        Assert.Equal(string.Empty, _new.Tool("tpm2_getcap", "handles-transient") + _new.Tool("tpm2_getcap", "handles-loaded-session"));
        _session.Dispose();
        _old.Dispose();
        _new.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_certificate_makes_the_destination_without_a_TPM_however_it_is_given()
    {
        string[] names = Lines("""
            (Get-TpmMigrationDestination -EndorsementCertificate $certificate @offline).ParentName
            (Get-TpmMigrationDestination -EndorsementCertificate ([Security.Cryptography.X509Certificates.X509Certificate2]::new($certificate)) @offline).ParentName
            [pscustomobject]@{ HostName = 'b'; EndorsementCertificate = $certificate } | Get-TpmMigrationDestination @offline | ForEach-Object { "$($_.HostName) $($_.Kind) $($_.ParentName)" }
            (Get-TpmMigrationDestination -EndorsementKey @new).ParentName
            """);
        Assert.Equal([names[0], names[0], "b EndorsementKey " + names[0], names[0]], names);
        Assert.Equal("EK-" + names[0].Substring(4, 16), Lines("(Get-TpmMigrationDestination -EndorsementCertificate $certificate @offline).HostName").Single());
        Assert.False(Directory.Exists(_folder["none"]));
    }

    [Fact]
    public void WhatIf_writes_no_document()
    {
        Run("Get-TpmMigrationDestination -EndorsementCertificate $certificate -Path $folder/b.xml -WhatIf @offline").ThrowIfFailed();
        Assert.False(File.Exists(_folder["b.xml"]));
        Run("$null = Get-TpmMigrationDestination -EndorsementCertificate $certificate -Path $folder/b.xml @offline").ThrowIfFailed();
        Assert.True(File.Exists(_folder["b.xml"]));
        Expect.Error(ErrorOf("Get-TpmMigrationDestination -EndorsementCertificate $certificate -Path $folder/b.xml @offline"), "Document.Exists", ErrorCategory.ResourceExists, "exists", null);
    }

    [Fact]
    public void Keys_go_to_the_endorsement_key_of_a_machine_and_live_under_its_storage_root_key()
    {
        ModuleSessionResult result = Run("""
            $global:b = Get-TpmMigrationDestination -EndorsementCertificate $certificate -HostName b -CertificatePath $chain @offline
            $approval = Approve-TpmMigration Vpn $b -Reason Test -TrustedRoot $root
            "$($approval.EndorsementCertificate) $($approval.ParentCertification)"
            $global:package = Export-TpmMigrationPackage Vpn $b -Approval $approval
            $test = Test-TpmMigrationPackage $package -Rehearse @new
            ($test.Checks | Where-Object Check -in Destination, Key).Verdict -join ' '
            (Import-TpmMigrationPackage $package -WhatIf -AcceptUnknownSigner -Reason Test @new).Count
            (Import-TpmMigrationPackage $package -AcceptUnknownSigner -Reason Test @new).Name
            """).ThrowIfFailed();
        Assert.Equal(["Proven NotApplicable", "Passed Passed", "0", "Vpn"], result.Output.Select(o => o.ToString()));
        // No word of a destination that leaves nothing open; the signer is another matter.
        Assert.All(result.Warnings, warning => Assert.StartsWith("The signer", warning, StringComparison.Ordinal));

        Expect.Error(ErrorOf("Import-TpmMigrationPackage $package -Force -NewName C"), "Package.ForAnotherMachine", ErrorCategory.InvalidOperation, "The package is wrapped to a key of 'b' that this machine's TPM does not have.", null);
    }

    [Theory]
    [InlineData("Approve-TpmMigration Vpn $b -Reason Test")]
    [InlineData("Approve-TpmMigration Vpn $b -Reason Test -TrustedRoot $folder/own.cer")]
    [InlineData("Approve-TpmMigration Vpn $self -Reason Test -TrustedRoot $root")]
    [InlineData("Export-TpmMigrationPackage Vpn $self -Reason Test -TrustedRoot $root")]
    [InlineData("Export-TpmMigrationPackage Vpn $b -Reason Test")]
    public void What_no_manufacturer_vouches_for_is_refused(string script)
    {
        MakeDestinations();
        ErrorRecord error = ErrorOf(script);
        Expect.Error(error, "Destination.Unproven", ErrorCategory.SecurityError, "is an endorsement key of which nothing proves that it is in a TPM.", null);
        Assert.Contains("-TrustedRoot", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_answers_for_it_is_warned_and_may()
    {
        MakeDestinations();
        ModuleSessionResult result = Run("(Approve-TpmMigration Vpn $self -Reason Test -TrustedRoot $root -AcceptUnprovenDestination).EndorsementCertificate").ThrowIfFailed();
        Assert.Equal("NotTrusted", Assert.Single(result.Output).ToString());
        Assert.StartsWith("Destination 'self': ", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Run("$null = Export-TpmMigrationPackage Vpn $self -Reason Test -AcceptUnprovenDestination").ThrowIfFailed();
        Expect.Error(
            ErrorOf("Export-TpmMigrationPackage Vpn $b -Reason Test -AcceptUnprovenDestination -Format ImportableKeyFile"),
            "Argument.Invalid", ErrorCategory.InvalidArgument, "Other programs do not take keys in that are wrapped to an endorsement key.", null);
    }

    [Fact]
    public void A_certificate_that_gives_no_endorsement_key_is_told_and_a_malformed_one_is_warned_of()
    {
        File.WriteAllText(_folder["no.cer"], "no certificate");
        File.WriteAllBytes(_folder["p521.cer"], SelfMade(ECDsa.Create(ECCurve.NamedCurves.nistP521)));
        byte[] malformed = File.ReadAllBytes(_folder["ek.cer"]);
        malformed[2]++; // It says that it is longer.
        File.WriteAllBytes(_folder["malformed.cer"], malformed);
        Expect.Error(ErrorOf("Get-TpmMigrationDestination -EndorsementCertificate $folder/no.cer @offline"), "Destination.CertificateUnreadable", ErrorCategory.InvalidData, "This is no endorsement certificate", null);
        Expect.Error(ErrorOf("Get-TpmMigrationDestination -EndorsementCertificate $folder/p521.cer @offline"), "Destination.EndorsementKeyUnsupported", ErrorCategory.NotImplemented, "none of those that endorsement keys are by default", null);
        Expect.Error(ErrorOf("Get-TpmMigrationDestination -EndorsementCertificate $folder/gone.cer @offline"), "Document.NotFound", ErrorCategory.ObjectNotFound, "gone.cer", null);
        ModuleSessionResult result = Run("(Get-TpmMigrationDestination -EndorsementCertificate $folder/malformed.cer @offline).ParentName; (Get-TpmMigrationDestination -EndorsementCertificate $certificate @offline).ParentName").ThrowIfFailed();
        Assert.Single(result.Output.Select(o => o.ToString()).Distinct());
        Assert.StartsWith("The endorsement certificate is not well-formed.", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_TPM_that_gives_no_endorsement_key_is_told()
    {
        _old.Tool("tpm2_changeauth", "-c", "endorsement", "secret");
        Expect.Error(ErrorOf("Get-TpmMigrationDestination -EndorsementKey"), "Destination.EndorsementKeyMissing", ErrorCategory.NotImplemented, "This machine's TPM keeps no endorsement key", null);
    }

    [Fact]
    public void A_TPM_that_cannot_rewrap_names_the_other_way()
    {
        MakeDestinations();
        Run("$global:package = Export-TpmMigrationPackage Vpn $b -Reason Test -TrustedRoot $root").ThrowIfFailed();
        using (var without = new InterceptedTpm(_new, 0x17A, ask => WithoutRewrap(ask())))
        {
            ErrorRecord error = ErrorOf($"Import-TpmMigrationPackage $package -AcceptUnknownSigner -Reason Test -Tpm '{without.ConnectionString}' -Store $folder/new");
            Expect.Error(error, "Package.RewrapUnsupported", ErrorCategory.NotImplemented, "this TPM does not have the command TPM2_Rewrap. Make a destination with a storage key here (Get-TpmMigrationDestination)", null);
            Assert.Equal(Rewrap, error.ErrorDetails.RecommendedAction);
        }
        _new.Tool("tpm2_changeauth", "-c", "endorsement", "secret");
        Expect.Error(
            ErrorOf("Import-TpmMigrationPackage $package -AcceptUnknownSigner -Reason Test @new"),
            "Package.EndorsementPassword", ErrorCategory.AuthenticationError, "its endorsement hierarchy has a password", null);
        Assert.DoesNotContain("Vpn", Lines("Get-TpmKey @new | ForEach-Object Name"));
    }

    /// <summary>$b leads to its manufacturer; $self is a key that somebody made in software.</summary>
    private void MakeDestinations()
    {
        File.WriteAllBytes(_folder["own.cer"], SelfMade(ECDsa.Create(ECCurve.NamedCurves.nistP256)));
        Run("""
            $global:b = Get-TpmMigrationDestination -EndorsementCertificate $certificate -HostName b -CertificatePath $chain @offline
            $global:self = Get-TpmMigrationDestination -EndorsementCertificate $folder/own.cer -HostName self @offline
            """).ThrowIfFailed();
    }

    private static byte[] SelfMade(ECDsa key)
    {
        using (key)
        {
            var request = new CertificateRequest("CN=TPM", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("2.23.133.8.1")], false));
            using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
            return certificate.RawData;
        }
    }

    /// <summary>A list of commands (TPM_CAP_COMMANDS) in which TPM2_Create stands where TPM2_Rewrap does.</summary>
    private static byte[]? WithoutRewrap(byte[]? response)
    {
        if (response is { Length: > 22 } && response[14] == 2 && response[22] == 0x52) response[22] = 0x53;
        return response;
    }

    private ModuleSessionResult Run(string script, object? parameters = null) => _session.Run(script, parameters);

    private string[] Lines(string script) => [.. Run(script).ThrowIfFailed().Output.Select(o => o.ToString())];

    private ErrorRecord ErrorOf(string script)
    {
        ModuleSessionResult result = Run(script);
        return result.Terminating ?? Assert.Single(result.Errors);
    }
}
