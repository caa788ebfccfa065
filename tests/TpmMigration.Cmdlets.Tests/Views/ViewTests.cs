using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Cmdlets.Tests.Commands;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Views;

/// <summary>What users see of each kind of object, also of those that come from another machine.</summary>
public sealed class ViewTests(Scene scene) : SceneTests(scene)
{
    public static TheoryData<string, string> Objects => new()
    {
        { "Get-TpmKey -Tpm '<tpm>' -Store '<store>'", "Name Kind Role Algorithm Parent HasPassword LastExport Location" },
        {
            """
            $to = @{ Tpm = '<tpm>'; Store = '<store>' }
            $null = New-TpmMigratableKey Gone @to
            $null = Export-TpmMigrationPackage Gone (Get-TpmMigrationDestination @to) -Reason Test @to | Import-TpmMigrationPackage -NewName Came -ReceiptPath '<receipt>' -Force @to
            Remove-TpmKey Gone -Migrated -Receipt '<receipt>' -Confirm:$false @to
            Remove-TpmKey Came -Confirm:$false @to
            Get-TpmKey -Migrated @to
            """,
            "Name DestinationHost Migrated PackageId ReceiptId"
        },
        { "Get-TpmMigrationDestination -NoCertification -Tpm '<tpm>' -Store '<store>'", "HostName Kind ParentAlgorithm IsCertified HasEndorsementCertificate Created Path" },
        { "Approve-TpmMigration Vpn (Get-TpmMigrationDestination -NoCertification -Tpm '<tpm>' -Store '<store>') -Reason Test -Tpm '<tpm>' -Store '<store>' 3>$null", "KeyName DestinationHost ApprovedBy ValidUntil EndorsementCertificate ParentCertification" },
        { "Unlock-TpmMigrationPackage '<wrapped>' (Get-TpmMigrationDestination -NoCertification -Tpm '<tpm>' -Store '<store>') -Certificate '<pfx>' -CertificatePassword ([Net.NetworkCredential]::new('', '" + Commands.Scene.Password + "').SecurePassword) -Reason Test 3>$null", "PackageId DestinationHost Agent EndorsementCertificate ParentCertification" },
        { "Add-TpmKeyData Vpn Data -Value x -DataName view -Force -Tpm '<tpm>' -Store '<store>'", "Name DataName Type Length MediaType" },
        { "Get-TpmMigrationPackage '<package>'", "SourceHost DestinationHost Created Signer Trust Keys Path" },
        { "(Test-TpmMigrationPackage '<package>' -Store '<store>').Checks", "Verdict Check Key Reason ErrorId" },
        { "Confirm-TpmKey Vpn -Tpm '<tpm>' -Store '<store>'", "KeyName HostName Algorithm HasCreation HasEndorsementCertificate Created Path" },
        { "(Confirm-TpmKey Vpn -Tpm '<tpm>' -Store '<store>' | Confirm-TpmKey -MadeInTpm).Checks", "Answer Check Reason" },
        { "Register-MigrationAuthority x -SignerCertificate '<certificate>' -Role PackageSigner -Force -TrustRegister '<trust>'", "Name Role IncludesIssued NotAfter Subject" },
        { "(Get-TpmMigrationPackage '<package>').Keys", "Name Kind Role Algorithm Parent HasPassword" },
    };

    [Theory]
    [MemberData(nameof(Objects))]
    public void Are_shown_as_a_table(string script, string columns) => Assert.Equal(columns, Header(Fill(script)));

    [Theory]
    [MemberData(nameof(Objects))]
    public void Are_shown_as_the_same_table_when_they_come_from_another_machine(string script, string columns) => Assert.Equal(
        columns,
        Header($"[Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize(@({Fill(script)}), 3))"));

    [Theory]
    [InlineData("{0}")]
    [InlineData("[Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize(({0}), 1))")]
    public void A_verification_is_shown_as_a_list_with_a_line_for_each_check(string form)
    {
        HostProcess.Result result = HostProcess.Run("-Command", $"Import-Module '{Repository.Module}'; " + string.Format(CultureInfo.InvariantCulture, form, Fill("Test-TpmMigrationPackage '<package>' -Store '<store>' -Tpm '<tpm>' -TrustRegister '<trust>' -Rehearse")));
        Assert.Equal(string.Empty, result.Error.Trim());
        Assert.Equal(["Result", "Package", "Source", "Destination", "Checks"], result.Lines.Where(line => line.Contains(" : ", StringComparison.Ordinal)).Select(line => line.Split(' ')[0]));
        Assert.Contains("Result      : Sound: no check failed", result.Lines);
        Assert.Contains(result.Lines, line => line.EndsWith("Passed Form: It is a Migration Package of version 1.", StringComparison.Ordinal));
        Assert.Contains("Passed Key Vpn: The TPM takes it in, and it works.", result.Lines);
    }

    private string Fill(string script)
    {
        Scene.Run("[IO.File]::WriteAllText(\"$files/view.xml\", $package.Document)").ThrowIfFailed();
        if (script.Contains("<wrapped>", StringComparison.Ordinal))
        {
            using X509Certificate2 agent = TestSigner.Make("Agent");
            File.WriteAllBytes(Path.Combine(Scene.Files, "view.pfx"), agent.Export(X509ContentType.Pfx, Scene.Password));
            File.WriteAllBytes(Path.Combine(Scene.Files, "view.cer"), agent.RawData);
            Scene.Run("Export-TpmMigrationPackage Vpn $here -Reason Test -RecoveryAgent $files/view.cer -Path $files/wrapped.xml -Force").ThrowIfFailed();
        }
        return script.Replace("<wrapped>", Scene.Files + "/wrapped.xml", StringComparison.Ordinal)
            .Replace("<pfx>", Scene.Files + "/view.pfx", StringComparison.Ordinal)
            .Replace("<tpm>", Scene.Tpm.ConnectionString, StringComparison.Ordinal)
            .Replace("<store>", Scene.Store, StringComparison.Ordinal)
            .Replace("<certificate>", Commands.TrustTests.Certificate, StringComparison.Ordinal)
            .Replace("<trust>", Scene.Files + "/trust/trust.xml", StringComparison.Ordinal)
            .Replace("<receipt>", Scene.Files + "/view.receipt.xml", StringComparison.Ordinal)
            .Replace("<package>", Scene.Files + "/view.xml", StringComparison.Ordinal);
    }

    /// <summary>The line of column titles that stands above the dashes, with single blanks.</summary>
    private static string Header(string script)
    {
        HostProcess.Result result = HostProcess.Run("-Command", $"Import-Module '{Repository.Module}'; {script}");
        Assert.Equal(string.Empty, result.Error.Trim());
        int dashes = Array.FindIndex(result.Lines, line => line.Length > 0 && line.All(c => c is '-' or ' '));
        Assert.True(dashes > 0, result.Output);
        Assert.True(result.Lines.Length > dashes + 1, result.Output);
        return string.Join(' ', result.Lines[dashes - 1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }
}
