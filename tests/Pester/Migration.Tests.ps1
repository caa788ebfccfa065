BeforeAll {
    . ([IO.Path]::Combine($PSScriptRoot, 'Machine.ps1'))
    Import-Module ([IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '../../out/TpmMigration'))) -Force
    $old = Start-Machine
    $new = Start-Machine
    $onOld = @{ Tpm = $old.Tpm; Store = $old.Store }
    $onNew = @{ Tpm = $new.Tpm; Store = $new.Store }

    # A register of their own; the new machine trusts the old one.
    $global:PSDefaultParameterValues['*:TrustRegister'] = [IO.Path]::Combine($new.Folder, 'register', 'trust.xml')
    $null = New-TpmMigratableKey -Name First @onOld
    $null = Export-TpmMigrationPackage -Name First -Destination (Get-TpmMigrationDestination @onNew) -Reason 'Test' @onOld |
        Register-MigrationAuthority -Name old -Role PackageSigner
}

AfterAll {
    $global:PSDefaultParameterValues.Remove('*:TrustRegister')
    Stop-Machine $old
    Stop-Machine $new
    Remove-Module TpmMigration
}

Describe 'A certification' {
    It 'of a key is confirmed by whoever knows the machine' {
        $destination = Get-TpmMigrationDestination @onOld
        $certification = Get-TpmKey -Name First @onOld | Confirm-TpmKey -Nonce 0a0b0c0d @onOld
        $certification.KeyName | Should -Be 'First'
        (Confirm-TpmKey -Certification $certification -AttestationKey $destination -Nonce 0a0b0c0d -MadeInTpm).Verdict | Should -Be 'Confirmed'
        ($certification | Confirm-TpmKey -AttestationKey $destination -Nonce 0a0b0c0e).Verdict | Should -Be 'Refused'
        ($certification | Confirm-TpmKey).Verdict | Should -Be 'NotProven'
    }

    It 'is not made with -WhatIf' {
        Confirm-TpmKey -Name First @onOld -WhatIf | Should -BeNullOrEmpty
    }
}

Describe 'A key bound to PCRs' {
    It 'says what its use takes, here and where it went' {
        $key = New-TpmMigratableKey -Name Boot -PcrPolicy 'sha256:0,2,7' @onOld
        $key.UsePolicy | Should -Be 'PCRs sha256:0,2,7 as recorded'
        $package = Export-TpmMigrationPackage -Name Boot -Destination (Get-TpmMigrationDestination @onNew) -Reason 'Test' @onOld
        $imported = $package | Import-TpmMigrationPackage @onNew
        $imported.ExpectedPcrs.Count | Should -Be 3
        $imported.DifferingPcrs | Should -BeNullOrEmpty
    }

    It 'is not made with -WhatIf' {
        New-TpmMigratableKey -Name Other -PcrPolicy 'sha256:7' @onOld -WhatIf | Should -BeNullOrEmpty
    }
}

Describe 'A migration' {
    BeforeAll {
        $key = New-TpmMigratableKey -Name Vpn @onOld
        $destination = Get-TpmMigrationDestination @onNew
    }

    It 'begins with a key that is listed as migratable' {
        $key.Kind | Should -Be 'Migratable'
        (Get-TpmKey -Kind Migratable @onOld).Name | Should -Contain 'Vpn'
    }

    It 'has a destination that the new machine vouches for' {
        $destination.IsCertified | Should -BeTrue
    }

    It 'is approved, exported, read and imported' {
        $file = [IO.Path]::Combine($old.Folder, 'vpn.package.xml')
        $approval = Approve-TpmMigration -Name Vpn -Destination $destination -Reason 'Laptop replaced' @onOld -WarningAction SilentlyContinue
        $approval.KeyName | Should -Be 'Vpn'
        $package = Export-TpmMigrationPackage -Name Vpn -Destination $destination -Approval $approval -Path $file @onOld
        $package.KeyCount | Should -Be 1
        (Get-TpmMigrationPackage -Path $file).Keys.Name | Should -Be 'Vpn'
        $imported = Import-TpmMigrationPackage -Path $file @onNew
        $imported.TpmName | Should -Be $key.TpmName
        (Get-TpmKey -Name Vpn @onOld).LastExport | Should -Not -BeNullOrEmpty
    }

    It 'has an inner wrap on request, which the passphrase opens' {
        $phrase = [Security.SecureString]::new()
        'six words that nobody guesses'.ToCharArray() | ForEach-Object { $phrase.AppendChar($_) }
        $inner = New-TpmMigratableKey -Name Inner -EncryptedDuplication @onOld
        $package = Export-TpmMigrationPackage -Name Inner -Destination $destination -Reason 'Escrow' -RecoveryPassphrase $phrase @onOld
        $package.InnerWrap | Should -BeTrue
        (Import-TpmMigrationPackage -Package $package -RecoveryPassphrase $phrase @onNew).TpmName | Should -Be $inner.TpmName
    }

    It 'is verified and rehearsed without a trace' {
        $package = Export-TpmMigrationPackage -Name Vpn -Destination $destination -Reason 'Test' @onOld
        $before = @(Get-TpmKey @onNew).Count
        $test = Test-TpmMigrationPackage -Package $package -Rehearse @onNew
        $test.IsSound | Should -BeTrue
        ($test.Checks | Where-Object { $_.Key -eq 'Vpn' }).Verdict | Should -Be 'Passed'
        @(Get-TpmKey @onNew).Count | Should -Be $before
    }

    It 'from a machine that is not trusted is refused, unless somebody answers for it' {
        $nobody = @{ TrustRegister = [IO.Path]::Combine($new.Folder, 'nobody', 'trust.xml') }
        $package = Export-TpmMigrationPackage -Name Vpn -Destination $destination -Reason 'Test' @onOld
        { Import-TpmMigrationPackage -Package $package -NewName Accepted @nobody @onNew -ErrorAction Stop } | Should -Throw -ErrorId 'Package.SignerUnknown,*'
        $key = Import-TpmMigrationPackage -Package $package -NewName Accepted -AcceptUnknownSigner -Reason 'Case 7' @nobody @onNew -WarningAction SilentlyContinue
        $key.Origin | Should -BeLike 'Imported from package *, let in by *: Case 7'
    }

    It 'ends with the key removed' {
        New-TpmMigratableKey -Name Moved @onOld
        Get-TpmKey -Name Moved @onOld | Remove-TpmKey -Confirm:$false @onOld
        (Get-TpmKey @onOld).Name | Should -Not -Contain 'Moved'
    }

    It 'ends with the receipt of the new machine' {
        $receipt = [IO.Path]::Combine($old.Folder, 'moves.receipt.xml')
        New-TpmMigratableKey -Name Moves @onOld
        $null = Export-TpmMigrationPackage -Name Moves -Destination $destination -Reason 'Test' @onOld |
            Import-TpmMigrationPackage -ReceiptPath $receipt @onNew
        { Remove-TpmKey -Name Vpn -Migrated -Receipt $receipt -Confirm:$false @onOld -ErrorAction Stop } | Should -Throw -ErrorId 'Receipt.ForAnotherKey,*'
        Remove-TpmKey -Migrated -Receipt $receipt -Confirm:$false @onOld
        (Get-TpmKey @onOld).Name | Should -Not -Contain 'Moves'
        (Get-TpmKey -Migrated @onOld).Name | Should -Be 'Moves'
    }

    It 'is only told of with -WhatIf: <Command>' -ForEach @(
        @{ Command = 'New-TpmMigratableKey'; More = @{ Name = 'Planned' } }
        @{ Command = 'Remove-TpmKey'; More = @{ Name = 'Vpn' } }
        @{ Command = 'Approve-TpmMigration'; More = @{ Name = 'Vpn'; Reason = 'Test'; NeedsDestination = $true } }
        @{ Command = 'Export-TpmMigrationPackage'; More = @{ Name = 'Vpn'; Reason = 'Test'; NeedsDestination = $true } }
    ) {
        $arguments = $More.Clone()
        if ($arguments.ContainsKey('NeedsDestination')) {
            $arguments.Remove('NeedsDestination')
            $arguments.Destination = $destination
            $arguments.WarningAction = 'SilentlyContinue'
        }
        $before = @(Get-TpmKey @onOld | ForEach-Object { "$($_.Name) $($_.LastExport)" })
        & $Command @arguments @onOld -WhatIf | Should -BeNullOrEmpty
        @(Get-TpmKey @onOld | ForEach-Object { "$($_.Name) $($_.LastExport)" }) | Should -Be $before
    }

    It 'takes what is kept with a key along' {
        $null = New-TpmMigratableKey -Name Keeper @onOld
        Add-TpmKeyData -Name Keeper -Type Data -Value 'settings of the gateway' -DataName settings @onOld | ForEach-Object Length | Should -Be 23
        $package = Export-TpmMigrationPackage -Name Keeper -Destination $destination -Reason 'Test' @onOld
        $null = Import-TpmMigrationPackage -Package $package @onNew
        [Text.Encoding]::UTF8.GetString((Get-TpmKeyData -Name Keeper -DataName settings -Content @onNew)) | Should -Be 'settings of the gateway'
        Get-TpmKeyData -Name Keeper @onNew | Remove-TpmKeyData -Confirm:$false @onNew
        Get-TpmKeyData -Name Keeper @onNew | Should -BeNullOrEmpty
        { Get-TpmKeyData -Name Keeper -DataName settings -Content @onNew -ErrorAction Stop } | Should -Throw -ErrorId 'TpmKeyData.NotFound,*'
    }

    It 'goes to the endorsement key of a TPM only if somebody answers for it, and on to its storage root key' {
        $null = New-TpmMigratableKey -Name Offline @onOld
        $endorsementKey = Get-TpmMigrationDestination -EndorsementKey @onNew
        $endorsementKey.Kind | Should -Be 'EndorsementKey'
        { Approve-TpmMigration -Name Offline -Destination $endorsementKey -Reason 'Test' @onOld -ErrorAction Stop } | Should -Throw -ErrorId 'Destination.Unproven,*'
        $approval = Approve-TpmMigration -Name Offline -Destination $endorsementKey -Reason 'Test' -AcceptUnprovenDestination @onOld -WarningAction SilentlyContinue
        $package = Export-TpmMigrationPackage -Name Offline -Destination $endorsementKey -Approval $approval @onOld
        (Import-TpmMigrationPackage -Package $package @onNew).Name | Should -Be 'Offline'
    }

    It 'imports nothing with -WhatIf' {
        $package = Export-TpmMigrationPackage -Name Vpn -Destination $destination -Reason 'Test' @onOld
        Import-TpmMigrationPackage -Package $package -NewName Planned -WhatIf @onNew
        (Get-TpmKey @onNew).Name | Should -Not -Contain 'Planned'
    }
}

Describe 'Keys and other programs' {
    BeforeAll {
        $destination = Get-TpmMigrationDestination @onNew
        $pem = [IO.Path]::Combine($old.Folder, 'software.pem')
        & openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $pem
    }

    It 'a key from a file becomes migratable, and the file stays' {
        $key = New-TpmMigratableKey -Name Software -FromFile $pem @onOld
        $key.Kind | Should -Be 'Migratable'
        [IO.File]::Exists($pem) | Should -BeTrue
    }

    It 'a file that is not there' {
        { New-TpmMigratableKey -Name Nothing -FromFile /nowhere/key.pfx @onOld -ErrorAction Stop } | Should -Throw -ErrorId 'KeySource.NotReadable,*'
    }

    It 'a key goes over in the form <Format>' -ForEach @(
        @{ Format = 'ImportableKeyFile'; File = 'importable.pem'; Name = 'ByFile' }
        @{ Format = 'Tpm2Tools'; File = 'triple.dup'; Name = 'ByTriple' }
    ) {
        $path = [IO.Path]::Combine($old.Folder, $File)
        $exported = Export-TpmMigrationPackage -Name Software -Destination $destination -Reason 'Test' -Format $Format -Path $path @onOld
        $exported.Path | Should -Be $path
        $imported = Import-TpmMigrationPackage -Path $path -Name $Name @onNew
        $imported.TpmName | Should -Be (Get-TpmKey -Name Software @onOld).TpmName
    }
}

Describe 'Errors' {
    BeforeAll {
        $null = New-TpmMigratableKey -Name Code @onOld
        $own = Get-TpmMigrationDestination @onOld
        $there = Get-TpmMigrationDestination @onNew
        $foreign = Export-TpmMigrationPackage -Name Code -Destination $there -Reason 'Test' @onOld
    }

    It 'of five names one is wrong, and four keys are made' {
        $made = @('P1', 'P2', 'Code', 'P3', 'P4' | New-TpmMigratableKey @onOld -ErrorAction SilentlyContinue -ErrorVariable problems)
        $made.Count | Should -Be 4
        @($problems).Count | Should -Be 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'KeyStore.KeyExists,*'
        $problems[0].TargetObject | Should -Be 'Code'
        $problems[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'a TPM that is not there' {
        { Get-TpmKey -Tpm 'device:/dev/no-such-tpm' -Store $old.Store } | Should -Throw -ErrorId 'Tpm.NotFound,*'
    }

    It 'a connection string that is none' {
        { Get-TpmKey -Tpm 'nonsense:x' -Store $old.Store } | Should -Throw -ErrorId 'Tpm.ConnectionString,*'
    }

    It 'a key that cannot leave' {
        { Export-TpmMigrationPackage -Name platform-ak -Destination $there -Reason 'Test' @onOld -ErrorAction Stop } |
            Should -Throw -ErrorId 'TpmKey.NotMigratable,*'
    }

    It 'no approval, or one for another destination' {
        { Export-TpmMigrationPackage -Name Code -Destination $there @onOld -ErrorAction Stop } | Should -Throw -ErrorId 'Approval.Missing,*'
        $approval = Approve-TpmMigration -Name Code -Destination $own -Reason 'Test' @onOld -WarningAction SilentlyContinue
        { Export-TpmMigrationPackage -Name Code -Destination $there -Approval $approval @onOld -ErrorAction Stop } |
            Should -Throw -ErrorId 'Approval.ForAnotherDestination,*'
    }

    It 'a package for another machine, or altered' {
        { Import-TpmMigrationPackage -Package $foreign @onOld -ErrorAction Stop } | Should -Throw -ErrorId 'Package.ForAnotherMachine,*'
        $altered = [regex]::Replace($foreign.Document, '(?<= name="000b).', { if ($args[0].Value -eq '0') { '1' } else { '0' } })
        { Get-TpmMigrationPackage -Package $altered -ErrorAction Stop } | Should -Throw -ErrorId 'Signature.Document,*'
    }

    It 'a document, a key or a destination that is not there' {
        { Get-TpmMigrationPackage -Path /nowhere/p.xml -ErrorAction Stop } | Should -Throw -ErrorId 'Document.NotFound,*'
        { Remove-TpmKey -Name Nobody -Confirm:$false @onOld -ErrorAction Stop } | Should -Throw -ErrorId 'TpmKey.NotFound,*'
        { Get-TpmMigrationDestination -Name Nobody @onOld -ErrorAction Stop } | Should -Throw -ErrorId 'TpmKey.ParentMissing,*'
    }
}
