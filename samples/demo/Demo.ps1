<#
.SYNOPSIS
    Migrates keys from one simulated machine to another, and shows that the TPM refuses a third.
.DESCRIPTION
    Three machines with software TPMs and real endorsement certificates:
    A has a migratable storage key with a child signing key and its certificate, and a decryption key with its password. Its Owner approves B.
    B refuses the package until its administrator registers A's signature; then it rehearses the import and imports, and OpenSSL signs a
    certificate request with the migrated key.
    C was approved by nobody. A key of which two of three authorities decide goes to B with their approvals, and not with one.
    At last A backs a key up to a Migration Authority, and its TPM is destroyed. An authority of the key approves B, which restores the key from there.
#>
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
. "$PSScriptRoot/Machines.ps1"
Import-Module ([IO.Path]::GetFullPath("$PSScriptRoot/../../out/TpmMigration"))

function Write-Act([string] $Text) {
    [Console]::WriteLine()
    [Console]::WriteLine("--- $Text")
}

function Invoke-OpenSsl([string[]] $Arguments) {
    $output = & openssl @Arguments 2>&1
    if ($LASTEXITCODE -ne 0) {
        throw "openssl $($Arguments -join ' ') failed: $output"
    }
    $output
}

function New-Password([string] $Text) {
    $password = [Security.SecureString]::new()
    foreach ($character in $Text.ToCharArray()) {
        $password.AppendChar($character)
    }
    $password
}

# Sees that a command was refused as it should be, and shows why.
function Assert-Refused($Refused, [string] $ErrorId) {
    if ($Refused.Count -eq 0 -or $Refused[0].FullyQualifiedErrorId -notlike "$ErrorId,*") {
        throw "This should have been refused with $ErrorId, but: $Refused"
    }
    [Console]::WriteLine("$ErrorId  $($Refused[0].ErrorDetails.Message)")
}

$folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'tpm-migration-demo-' + [Guid]::NewGuid().ToString('N').Substring(0, 8))
$machines = @()
try {
    Write-Act 'Three machines, each with a TPM of its own whose manufacturer certified it'
    $manufacturer = New-Manufacturer "$folder/manufacturer"
    foreach ($name in 'A', 'B', 'C') {
        $machines += Start-Machine $name $folder $manufacturer
    }
    $a = $machines[0].Use
    $b = $machines[1].Use
    $c = $machines[2].Use
    foreach ($machine in $machines) {
        [Console]::WriteLine("Machine $($machine.Name): $($machine.Tcti)")
    }

    # On A, the Owner of the TPM has a password of its own. The key owner does not know it.
    $owner = New-Password 'owner-of-A'
    $env:TPM2TOOLS_TCTI = $machines[0].Tcti
    $output = & tpm2_createprimary -C o -G ecc -c "$folder/srk.ctx" 2>&1
    $output = & tpm2_evictcontrol -C o -c "$folder/srk.ctx" 0x81000001 2>&1
    $output = & tpm2_flushcontext -t 2>&1
    $output = & tpm2_changeauth -c owner 'owner-of-A' 2>&1
    if ($LASTEXITCODE -ne 0) {
        throw "The Owner's password could not be set: $output"
    }

    Write-Act 'Machine A: keys that can be migrated, and one that cannot'
    $null = New-TpmMigratableKey Site -Role Storage -Description 'Parent of the web site keys' -Persist -OwnerPassword $owner @a
    $null = New-TpmMigratableKey WebServer -Parent Site -MovesWithParent @a
    $password = New-Password 'mail-of-A'
    $null = New-TpmMigratableKey Mail -Role Decrypt -Algorithm Rsa2048 -KeyPassword $password @a
    $null = Get-TpmMigrationDestination @a
    Get-TpmKey @a | Out-Default

    Write-Act 'Machine A: a certificate and a password are kept with their keys'
    $provider = @('-provider', 'tpm2', '-provider', 'default', '-propquery', '?provider=tpm2')
    $env:TPM2OPENSSL_TCTI = $machines[0].Tcti
    $null = Invoke-OpenSsl (@('req', '-x509', '-key', "$($a.Store)/WebServer.pem", '-subj', '/CN=www.example.com', '-out', "$folder/www.crt") + $provider)
    $null = Add-TpmKeyData WebServer CertificateChain -Path "$folder/www.crt" @a
    $null = Add-TpmKeyData Mail KeyPassword -SecureValue $password @a
    Get-TpmKeyData @a | Out-Default

    Write-Act 'Machine B: where keys may go, with the evidence for it'
    $destination = Get-TpmMigrationDestination -CertificatePath $manufacturer.Issuer @b
    $destination | Out-Default

    Write-Act 'Machine A: its Owner looks at the evidence and approves B'
    $approvals = Get-TpmKey -Kind Migratable @a |
        Approve-TpmMigration -Destination $destination -Reason 'Laptop replaced' -OwnerPassword $owner -TrustedRoot $manufacturer.Root @a
    $approvals | Out-Default
    foreach ($finding in $approvals[0].Findings) {
        [Console]::WriteLine("  $finding")
    }

    Write-Act 'Machine A: the key owner exports, without the Owner'
    Get-TpmKey -Kind Migratable @a |
        Export-TpmMigrationPackage -Destination $destination -Approval $approvals -KeyPassword $password -Path "$folder/site.package.xml" @a | Out-Default

    Write-Act 'Machine B: A signed the package, B does not know A, and refuses'
    $trust = @{ TrustRegister = "$folder/B/register/trust.xml" }
    $refused = $null
    Import-TpmMigrationPackage "$folder/site.package.xml" -KeyPassword $password -ErrorVariable refused -ErrorAction SilentlyContinue @trust @b
    Assert-Refused $refused 'Package.SignerUnknown'

    Write-Act 'Machine B: its administrator compares the fingerprint with A, and registers A'
    Get-TpmMigrationPackage "$folder/site.package.xml" -Store $b.Store @trust |
        Register-MigrationAuthority -Name A -Role PackageSigner -Reason 'Fingerprint compared by telephone' @trust | Out-Default

    Write-Act 'Machine B: a rehearsal; its TPM takes each key in, and nothing stays'
    $test = Test-TpmMigrationPackage "$folder/site.package.xml" -Rehearse -KeyPassword $password @trust @b
    $test | Out-Default
    if (-not $test.IsSound) {
        throw 'The package should be sound.'
    }

    Write-Act 'Machine B: import; each key is proven to work before anything is stored'
    Import-TpmMigrationPackage "$folder/site.package.xml" -Persist -KeyPassword $password @trust @b | Out-Default
    [Console]::WriteLine("WebServer: $((Get-TpmKey WebServer @b).Origin)")
    Get-TpmKeyData @b | Out-Default

    Write-Act 'Machine B: OpenSSL signs a certificate request with the migrated key'
    $env:TPM2OPENSSL_TCTI = $machines[1].Tcti
    $null = Invoke-OpenSsl (@('req', '-new', '-key', "$($b.Store)/WebServer.pem", '-subj', '/CN=www.example.com', '-out', "$folder/www.csr") + $provider)
    Invoke-OpenSsl @('req', '-in', "$folder/www.csr", '-noout', '-subject') | Out-Default
    $inRequest = Invoke-OpenSsl @('req', '-in', "$folder/www.csr", '-noout', '-pubkey')
    $null = Get-TpmKeyData WebServer certificate -OutPath "$folder/www-on-B.crt" @b
    $inCertificate = Invoke-OpenSsl @('x509', '-in', "$folder/www-on-B.crt", '-noout', '-pubkey')
    if (($inRequest -join "`n") -ne ($inCertificate -join "`n")) {
        throw 'The certificate request is for another key than the certificate of A.'
    }
    Invoke-OpenSsl @('req', '-in', "$folder/www.csr", '-noout', '-verify') | ForEach-Object { "$_" } | Out-Default
    [Console]::WriteLine('The public key in the request is that of the certificate that came along from A.')

    Write-Act 'Machine C: nobody approved it, and the TPM of A refuses'
    $other = Get-TpmMigrationDestination @c
    $refused = $null
    Export-TpmMigrationPackage Mail -Destination $other -Approval $approvals -KeyPassword $password -ErrorVariable refused -ErrorAction SilentlyContinue @a
    Assert-Refused $refused 'Approval.ForAnotherDestination'

    Write-Act 'Machine A: a key that leaves only where two of three authorities say; its Owner has no say'
    $authorities = 'board', 'audit', 'security'
    foreach ($name in $authorities) {
        $null = Invoke-OpenSsl @('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', "/CN=$name", '-days', '30', '-keyout', "$folder/$name.key", '-out', "$folder/$name.crt")
        $null = Invoke-OpenSsl @('pkcs12', '-export', '-inkey', "$folder/$name.key", '-in', "$folder/$name.crt", '-passout', 'pass:pfx-password', '-out', "$folder/$name.pfx")
    }
    $codesign = New-TpmMigratableKey Codesign -MigrationSelectionAuthority ($authorities | ForEach-Object { "$folder/$_.crt" }) -Quorum 2 @a
    [Console]::WriteLine("Codesign: $($codesign.Quorum) of $($codesign.SelectionAuthorities -join ', ')")

    Write-Act 'Two authorities approve B, each on a machine of its own without a TPM; the word of one is not enough'
    $signing = @{ CertificatePassword = New-Password 'pfx-password'; TrustedRoot = $manufacturer.Root; Reason = 'Build server replaced' }
    $decisions = 'board', 'audit' | ForEach-Object { $codesign | Approve-TpmMigration -Destination $destination -Certificate "$folder/$_.pfx" @signing }
    $decisions | Out-Default
    $refused = $null
    Export-TpmMigrationPackage Codesign -Destination $destination -Approval $decisions[0] -ErrorVariable refused -ErrorAction SilentlyContinue @a
    Assert-Refused $refused 'Approval.TooFew'
    Export-TpmMigrationPackage Codesign -Destination $destination -Approval $decisions @a | Import-TpmMigrationPackage @trust @b | Out-Default
    $refused = $null
    Export-TpmMigrationPackage Codesign -Destination $other -Approval $decisions -ErrorVariable refused -ErrorAction SilentlyContinue @a
    Assert-Refused $refused 'Approval.ForAnotherDestination'

    Write-Act 'A Migration Authority: a service of its own; each machine compares its fingerprints with what it printed, and registers it'
    $authority = Start-MigrationAuthority $folder $manufacturer
    $machines += $authority
    [Console]::WriteLine($authority.Printed)
    $ma = @{ Uri = $authority.Uri; TlsFingerprint = $authority.TlsFingerprint }
    $maKey = Get-MaKey @ma @trust -WarningAction SilentlyContinue
    if ($maKey.SignerFingerprint -ne $authority.SigningFingerprint) {
        throw 'This is another Migration Authority.'
    }
    $maKey | Register-MigrationAuthority -Role MigrationAuthority -Reason 'Fingerprint compared by telephone' @trust | Out-Default

    Write-Act 'Machine A: a key of which the board decides; the board has it backed up, and A sends it. An inner wrap keeps even the authority from reading it'
    $license = New-TpmMigratableKey License -MigrationSelectionAuthority "$folder/board.crt" @a
    $backup = $license | Approve-TpmMigration -Destination $maKey -Certificate "$folder/board.pfx" @signing -WarningAction SilentlyContinue
    $connection = Connect-MaService -CertificatePath $manufacturer.Issuer @ma @a
    $connection | Out-Default
    $recovery = @{ RecoveryPassphrase = New-Password 'anchor birch comet delta ember fjord' }
    Export-TpmMigrationPackage License -Destination $maKey -Approval $backup -Purpose Backup @recovery @a | Send-MaPackage @ma @a | Out-Default

    Write-Act 'Machine A: its TPM is destroyed'
    Stop-Machine $machines[0]
    $machines = @($machines | Where-Object Name -ne 'A')
    [IO.Directory]::Delete("$folder/A", $true)

    Write-Act 'Machine B: proves its TPM, and without an approval there is nothing for it'
    $null = Connect-MaService -CertificatePath $manufacturer.Issuer @ma @b
    if (@(Find-MaPackage -Client $connection @ma @b).Count -ne 0) {
        throw 'The Migration Authority should show nothing that nobody approved.'
    }

    Write-Act 'The board approves B for what was lost, and B restores it'
    $replacement = $license | Approve-TpmMigration -Destination $destination -Certificate "$folder/board.pfx" @signing
    $found = Find-MaPackage -Client $connection -Approval $replacement @ma @b
    $found | Out-Default
    $found | Get-MaPackage -Approval $replacement @ma @trust @b | Import-TpmMigrationPackage @recovery @trust @b | Out-Default

    Write-Act 'Machine B: OpenSSL signs with the restored key'
    $null = Invoke-OpenSsl (@('req', '-new', '-key', "$($b.Store)/License.pem", '-subj', '/CN=license.example.com', '-out', "$folder/license.csr") + $provider)
    Invoke-OpenSsl @('req', '-in', "$folder/license.csr", '-noout', '-verify') | ForEach-Object { "$_" } | Out-Default
    & dotnet ([IO.Path]::GetFullPath("$PSScriptRoot/../../src/TpmMigration.Authority/bin/Release/net10.0/tpm-ma.dll")) audit show --data "$folder/ma" | Out-Default

    Write-Act 'Done: the private keys were never outside a TPM in the clear'
} finally {
    foreach ($machine in $machines) {
        Stop-Machine $machine
    }
    if ([IO.Directory]::Exists($folder)) {
        [IO.Directory]::Delete($folder, $true)
    }
}
