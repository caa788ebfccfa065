BeforeAll {
    $module = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '../../out/TpmMigration'))
    $manifest = [IO.Path]::Combine($module, 'TpmMigration.psd1')
    Import-Module $module -Force
}

AfterAll {
    Remove-Module TpmMigration
}

Describe 'TpmMigration' {
    It 'has a valid manifest' {
        (Test-ModuleManifest $manifest).Name | Should -Be 'TpmMigration'
    }

    It 'comes from the folder that the build laid out' {
        (Get-Module TpmMigration).ModuleBase | Should -Be $module
    }

    It 'exports the cmdlets that its manifest names, and nothing else' {
        $exported = @((Get-Module TpmMigration).ExportedCommands.Keys)
        $exported | Should -Not -BeNullOrEmpty
        $declared = @((Test-ModuleManifest $manifest).ExportedCmdlets.Keys)
        @($exported | Where-Object { $declared -notcontains $_ }) | Should -BeNullOrEmpty
        @($declared | Where-Object { $exported -notcontains $_ }) | Should -BeNullOrEmpty
    }

    It 'has an about topic' {
        Get-Help about_TpmMigration | Should -Match 'Migration Package'
    }

    It 'can be removed and imported again' {
        Remove-Module TpmMigration
        Get-Module TpmMigration | Should -BeNullOrEmpty
        Import-Module $module
        Get-Module TpmMigration | Should -Not -BeNullOrEmpty
    }
}
