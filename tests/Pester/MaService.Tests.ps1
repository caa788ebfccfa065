BeforeAll {
    . ([IO.Path]::Combine($PSScriptRoot, 'Machine.ps1'))
    Import-Module ([IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '../../out/TpmMigration'))) -Force
    $machine = Start-Machine
    $on = @{ Tpm = $machine.Tpm; Store = $machine.Store }
    $data = [IO.Path]::Combine($machine.Folder, 'ma')
    $program = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '../../src/TpmMigration.Authority/bin/Release/net10.0/tpm-ma.dll'))
    $global:PSDefaultParameterValues['*:TrustRegister'] = [IO.Path]::Combine($machine.Folder, 'register', 'trust.xml')

    # The machine's endorsement key has no certificate; the operator vouches for it.
    $printed = (& dotnet $program init --name 'Example MA' --data $data) -join "`n"
    $fingerprint = [regex]::Match($printed, 'TLS certificate:.* SHA-256 ([0-9a-f]{64})').Groups[1].Value
    $endorsement = [xml](Get-TpmMigrationDestination -EndorsementKey @on).Document
    $file = [IO.Path]::Combine($machine.Folder, 'ek.pub')
    [IO.File]::WriteAllBytes($file, [Convert]::FromBase64String($endorsement.DocumentElement.Parent))
    $null = & dotnet $program trust add $file --endorsement-key --reason 'Of the tests' --data $data
    $start = [Diagnostics.ProcessStartInfo]::new('dotnet')
    $start.Arguments = "`"$program`" serve --listen 127.0.0.1:0 --operations none --data `"$data`""
    $start.UseShellExecute = $false
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $service = [Diagnostics.Process]::Start($start)
    $service.BeginErrorReadLine()
    $uri = $service.StandardOutput.ReadLine().Split(' ')[-1]
}

AfterAll {
    $global:PSDefaultParameterValues.Remove('*:TrustRegister')
    $service.Kill()
    $service.WaitForExit()
    Stop-Machine $machine
    Remove-Module TpmMigration
}

Describe 'A Migration Authority' {
    It 'must be named, and safely' {
        { Get-MaServiceInformation } | Should -Throw -ErrorId 'MaService.Address,*'
        { Get-MaServiceInformation http://ma.example.com } | Should -Throw -ErrorId 'MaService.Address,*'
        { Get-MaServiceInformation $uri } | Should -Throw -ErrorId 'MaService.TlsRefused,*'
    }

    It 'is chosen for the session by who proves its TPM' {
        $connection = Connect-MaService $uri -TlsFingerprint $fingerprint @on
        $connection.Client | Should -Be (Get-TpmMigrationDestination -EndorsementKey @on).ParentName
        (Get-MaServiceInformation).Name | Should -Be 'Example MA'
    }

    It 'has a key that is a destination, and is trusted when it is registered' {
        (Get-MaKey -WarningAction SilentlyContinue).Trust | Should -Be 'Unknown'
        $null = Get-MaKey -WarningAction SilentlyContinue | Register-MigrationAuthority -Role MigrationAuthority
        (Get-MaKey).Trust | Should -Be 'Trusted'
    }

    It 'keeps a package and gives it back' {
        $null = New-TpmMigratableKey -Name Kept @on
        $upload = Get-TpmKey -Name Kept @on | Export-TpmMigrationPackage -Destination (Get-MaKey) -Reason 'Test' @on | Send-MaPackage @on
        (Find-MaPackage @on).PackageId | Should -Be $upload.PackageId
        Remove-TpmKey -Name Kept -Confirm:$false @on
        (Find-MaPackage @on | Get-MaPackage @on | Import-TpmMigrationPackage @on).Name | Should -Be 'Kept'
    }

    It 'removes it when it is told to, and not with -WhatIf' {
        Find-MaPackage @on | Remove-MaPackage -WhatIf @on
        @(Find-MaPackage @on).Count | Should -Be 1
        Find-MaPackage @on | Remove-MaPackage -Confirm:$false @on
        Find-MaPackage @on | Should -BeNullOrEmpty
        { Get-MaPackage ([guid]::NewGuid()) -ErrorAction Stop @on } | Should -Throw -ErrorId 'MaService.PackageNotFound,*'
    }
}
