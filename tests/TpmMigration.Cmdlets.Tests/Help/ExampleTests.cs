using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using HelpBuilder;
using TpmMigration.Cmdlets.Tests.MaService;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Help;

/// <summary>The examples of the help work as they are written, on a machine that has what they presuppose.</summary>
public sealed class ExampleTests(ExampleTests.Machines machines) : IClassFixture<ExampleTests.Machines>
{
    private static readonly IReadOnlyDictionary<string, HelpTopic> Topics =
        HelpFolder.ReadTopics(Repository.HelpPages).ToDictionary(topic => topic.Name);

    public static TheoryData<string, int> Examples
    {
        get
        {
            var examples = new TheoryData<string, int>();
            foreach (HelpTopic topic in Topics.Values)
            {
                for (int i = 0; i < topic.Examples.Count; i++) examples.Add(topic.Name, i);
            }
            return examples;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Runs_without_any_error(string name, int index)
    {
        using var folder = new TemporaryFolder("example-");
        using var session = new ModuleSession();
        AuthorityProcess? authority = name.Contains("-Ma", StringComparison.Ordinal) ? machines.Authority : null;
        session.Run(Setup, new { Uri = authority?.Address.ToString(), Fingerprint = authority?.TlsFingerprint, Page = name, Folder = folder.FullPath, Given = machines.Files, Old = machines.Old.ConnectionString, New = machines.New.ConnectionString, Root = SimulatedManufacturer.RootCertificatePath, Issuer = SimulatedManufacturer.IssuerCertificatePath }).ThrowIfFailed();
        session.Run(Topics[name].Examples[index].Code).ThrowIfFailed();
    }

    /// <summary>The machine that keys leave and the one they come to, the latter with an endorsement certificate.</summary>
    public sealed class Machines : IDisposable
    {
        internal SimulatedTpm Old { get; } = SimulatedTpm.Start();

        internal SimulatedTpm New { get; } = SimulatedTpm.StartCertified();

        /// <summary>A Migration Authority, which lets the new machine in.</summary>
        internal AuthorityProcess Authority => _authority.Value;

        private readonly Lazy<AuthorityProcess> _authority = new(() =>
        {
            var authority = new AuthorityProcess();
            authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath, "--reason", "of the tests");
            return authority;
        });

        /// <summary>A folder with the files that examples name, of people and authorities; their password is that of the played Get-Credential.</summary>
        internal string Files => _files.FullPath;

        private readonly TemporaryFolder _files = new("examples-");

        public Machines()
        {
            foreach (string name in new[] { "vpn", "web", "admin", "contoso-ma", "corp-ca", "board", "audit", "security" })
            {
                OpenSsl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-days", "30", "-keyout", name + ".key", "-out", name + ".crt");
                OpenSsl("pkcs12", "-export", "-inkey", name + ".key", "-in", name + ".crt", "-passout", "pass:example words", "-out", name + ".pfx");
            }
            File.Copy(_files["contoso-ma.crt"], _files["contoso-ma.cer"]);
            File.Copy(_files["corp-ca.crt"], _files["corp-ca.pem"]);
            File.WriteAllText(_files["web.pem"], File.ReadAllText(_files["web.key"]) + File.ReadAllText(_files["web.crt"]));
            File.WriteAllText(_files["gateway.json"], "{}");
            MaScene.KeepIssuer(New);
            New.Tool("tpm2_nvread", "0x01C00002", "-o", _files["laptop7.ek.cer"]);
        }

        public void Dispose()
        {
            if (_authority.IsValueCreated) _authority.Value.Dispose();
            Old.Dispose();
            New.Dispose();
            _files.Dispose();
        }

        private void OpenSsl(params string[] arguments) => ToolFolder.Run(Files, "openssl", arguments);
    }

    // Files lie in the current folder, as users have them. Imports run on the new machine, all else on the old one. Whoever is asked to
    // confirm says yes; what asks for a password, or reaches another machine, is played.
    private const string Setup = """
        param($Uri, $Fingerprint, $Page, $Folder, $Given, $Old, $New, $Root, $Issuer)
        $ErrorActionPreference = 'Stop'
        $oldMachine = @{ Tpm = $Old; Store = "$Folder/old" }
        # The Migration Authority lets in the machine that has a certificate.
        if ($Page -like '*-Ma*') { $oldMachine.Tpm = $New }
        $global:newMachine = @{ Tpm = $New; Store = "$Folder/new" }
        function global:Use-Machine($Machine) {
            $global:PSDefaultParameterValues = @{
                '*-Tpm*:Tpm' = $Machine.Tpm; '*-Tpm*:Store' = $Machine.Store; '*-Ma*:Tpm' = $Machine.Tpm; '*-Ma*:Store' = $Machine.Store
                '*:TrustRegister' = "$($Machine.Store)-register/trust.xml"
            }
        }
        function global:Get-Credential([string] $UserName = 'user', [string] $Message) {
            $password = [Security.SecureString]::new()
            'example words'.ToCharArray() | ForEach-Object { $password.AppendChar($_) }
            [Management.Automation.PSCredential]::new($UserName, $password)
        }
        function global:Read-Host([switch] $AsSecureString, [string] $Prompt) { (Get-Credential).Password }
        function global:Invoke-Command([string] $ComputerName, [scriptblock] $ScriptBlock) {
            $here = $global:PSDefaultParameterValues
            Use-Machine $newMachine
            [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize((& $ScriptBlock)))
            $global:PSDefaultParameterValues = $here
        }
        # The engine alone has neither of these.
        function global:Sort-Object($Property) { $input }
        function global:Format-Table($Property) { $input }
        function global:Format-List($Property) { $input }

        $null = $ExecutionContext.SessionState.Path.SetLocation($Folder)
        $null = [IO.Directory]::CreateDirectory("$Folder/keys")
        $null = [IO.Directory]::CreateDirectory("$Folder/roots")
        [IO.File]::Copy($Root, "$Folder/roots/manufacturer.cer")
        [IO.File]::Copy($Issuer, "$Folder/roots/issuer.cer")
        foreach ($file in [IO.Directory]::GetFiles($Given)) { [IO.File]::Copy($file, "$Folder/$([IO.Path]::GetFileName($file))") }
        $contoso = @{ Name = 'Contoso'; Certificate = './contoso-ma.cer'; Role = 'MigrationAuthority', 'PackageSigner' }
        Use-Machine $oldMachine
        if ($Page -ne 'New-TpmMigratableKey') {
            $null = 'Vpn', 'Test1', 'Test2' | New-TpmMigratableKey
            $null = New-TpmMigratableKey Group -Role Storage
            $null = New-TpmMigratableKey Mail -Parent Group -MovesWithParent
            [IO.File]::Copy("$Folder/old/Vpn.pem", "$Folder/keys/Vpn.pem")
        }
        if ($Page -eq 'Add-TpmKeyData') {
            $null = New-TpmMigratableKey Web -FromFile ./web.key
        }
        if ($Page -in 'Get-TpmKeyData', 'Remove-TpmKeyData') {
            $null = New-TpmMigratableKey Web -FromFile ./web.pem
            $null = Add-TpmKeyData Vpn Data -Path ./gateway.json -DataName settings
            $null = Add-TpmKeyData Mail KeyPassword -SecureValue (Get-Credential).Password
            [IO.File]::Delete("$Folder/gateway.json")
        }
        if ($Page -ne 'Get-TpmMigrationDestination') {
            $null = Get-TpmMigrationDestination -Path ./new-laptop.destination.xml @newMachine
            [IO.File]::Copy("$Folder/new-laptop.destination.xml", "$Folder/gateway.destination.xml")
        }
        if ($Page -in 'Approve-TpmMigration', 'Deny-TpmMigration', 'Export-TpmMigrationPackage', 'Get-TpmMigrationApproval', 'Test-TpmMigrationApproval') {
            $board = @{ Certificate = './board.pfx'; CertificatePassword = (Get-Credential).Password }
            $codesign = New-TpmMigratableKey Codesign -MigrationSelectionAuthority ./board.crt
            $null = $codesign | Approve-TpmMigration -Destination ./new-laptop.destination.xml -Reason 'Build server replaced' -Path ./approvals @board
            if ($Page -like 'Get-*') { $null = $codesign | Deny-TpmMigration -Destination ./gateway.destination.xml -Reason 'No build server' -Path ./approvals @board }
        }
        if ($Page -eq 'Approve-TpmMigration') {
            $null = Get-TpmMigrationDestination -EndorsementCertificate ./laptop7.ek.cer -CertificatePath ./roots/issuer.cer -Path ./laptop7.destination.xml
        }
        if ($Page -in 'Get-TpmMigrationPackage', 'Import-TpmMigrationPackage', 'Test-TpmMigrationPackage', 'Register-MigrationAuthority') {
            $null = Export-TpmMigrationPackage Vpn ./new-laptop.destination.xml -Reason 'Laptop replaced' -Path ./vpn.package.xml
        }
        if ($Page -eq 'Import-TpmMigrationPackage') {
            $null = Export-TpmMigrationPackage Vpn ./new-laptop.destination.xml -Reason 'Laptop replaced' -Format Tpm2Tools -Path ./vpn
            $null = Export-TpmMigrationPackage Vpn ./new-laptop.destination.xml -Reason 'Laptop lost' -Certificate ./admin.pfx -CertificatePassword (Get-Credential).Password -Path ./unknown.package.xml
        }
        if ($Page -eq 'Confirm-TpmKey') {
            $null = Get-TpmMigrationDestination -Path ./new-laptop.destination.xml -Force
            $null = Confirm-TpmKey Vpn -Nonce 5f1c88a07e42d9b3 -Path ./given.certification.xml
        }
        if ($Page -eq 'Convert-TpmMigrationPackage') {
            $null = New-TpmMigratableKey Lost @newMachine
            $null = Export-TpmMigrationPackage Lost (Get-TpmMigrationDestination) -Reason 'Escrow' -ReleaseAuthority ./admin.crt -Path ./vault.package.xml @newMachine
            $null = Register-MigrationAuthority -Name laptop -Role PackageSigner -SignerKey (Get-TpmMigrationPackage ./vault.package.xml).SignerKey
            $null = Approve-TpmMigration -AllKeys ./new-laptop.destination.xml -Certificate ./admin.pfx -CertificatePassword (Get-Credential).Password -Reason 'Laptop lost' -Path ./approvals
        }
        if ($Page -in 'Import-TpmMigrationPackage', 'Unlock-TpmMigrationPackage', 'Update-TpmMigrationPackage') {
            $null = Export-TpmMigrationPackage Test1 ./new-laptop.destination.xml -Reason 'Escrow' -RecoveryAgent ./admin.crt -Path ./vault.package.xml
        }
        if ($Page -eq 'Import-TpmMigrationPackage') {
            $null = Unlock-TpmMigrationPackage ./vault.package.xml ./new-laptop.destination.xml -Certificate ./admin.pfx -CertificatePassword (Get-Credential).Password -Reason 'Laptop lost' -Path ./releases
        }
        if ($Page -in 'Get-MigrationAuthority', 'Unregister-MigrationAuthority') {
            $null = Register-MigrationAuthority @contoso
        }
        if ($Page -in 'Import-TpmMigrationPackage', 'Test-TpmMigrationPackage', 'Register-MigrationAuthority') {
            if ($Page -ne 'Register-MigrationAuthority') { Use-Machine $newMachine }
            $null = Register-MigrationAuthority @contoso -TrustRegister "$Folder/new-register/trust.xml"
        }
        if ($Page -eq 'Import-TpmMigrationPackage') {
            $null = Get-TpmMigrationPackage ./vpn.package.xml | Register-MigrationAuthority -Name desk -Role PackageSigner
        }
        if ($Page -in 'Get-TpmKey', 'Remove-TpmKey') {
            $package = Export-TpmMigrationPackage Vpn ./new-laptop.destination.xml -Reason 'Laptop replaced'
            $null = $package | Register-MigrationAuthority -Name desk -Role PackageSigner -TrustRegister "$Folder/new-register/trust.xml"
            $null = $package | Import-TpmMigrationPackage -ReceiptPath ./vpn.receipt.xml -TrustRegister "$Folder/new-register/trust.xml" @newMachine
        }
        if ($Page -like '*-Ma*' -and $Page -ne 'Connect-MaService') {
            $null = Connect-MaService $Uri -TlsFingerprint $Fingerprint -CertificatePath ./roots/issuer.cer
            $maKey = Get-MaKey 3>$null
            if ($Page -ne 'Get-MaKey') { $null = $maKey | Register-MigrationAuthority -Role MigrationAuthority }
        }
        if ($Page -in 'Send-MaPackage', 'Remove-MaPackage', 'Get-MaPackage') {
            $null = Export-TpmMigrationPackage Vpn $maKey -Reason 'Backup' -Path ./backup.package.xml
            if ($Page -eq 'Get-MaPackage') {
                # Nothing of other examples, which had keys of their own.
                Find-MaPackage | Remove-MaPackage -Confirm:$false
                $null = Send-MaPackage ./backup.package.xml
            }
        }
        if ($Page -eq 'Find-MaPackage') {
            $null = Get-TpmMigrationDestination -NoCertification -Tpm $Old -Path ./old-laptop.destination.xml
            $null = Approve-TpmMigration -AllKeys ./new-laptop.destination.xml -Certificate ./admin.pfx -CertificatePassword (Get-Credential).Password -Reason 'Laptop lost' -Path ./approvals
        }
        $global:ConfirmPreference = 'None'
        """;
}
