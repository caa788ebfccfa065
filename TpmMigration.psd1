@{
    # No RootModule: PowerShell would load it before the loader, which decides what cmdlets are loaded and finds the engine for them.
    NestedModules = if ($PSEdition -eq 'Desktop') { @('desktop/TpmMigration.Cmdlets.dll') } else { @('core/TpmMigration.Loader.dll', 'core/TpmMigration.Cmdlets.dll') }
    ModuleVersion = '0.1.0'
    GUID = '6d0a5f0e-4f6b-4c0b-9a55-2f7d1c9e83b4'
    Author = 'TpmMigration contributors'
    CompanyName = 'TpmMigration contributors'
    Copyright = 'Copyright (c) TpmMigration contributors. MIT license.'
    Description = 'Migrates keys between TPM 2.0 chips, from machine to machine or through a Migration Authority.'
    PowerShellVersion = '5.1'
    DotNetFrameworkVersion = '4.7.2'
    CompatiblePSEditions = @('Desktop', 'Core')
    CmdletsToExport = @(
        'Add-TpmKeyData'
        'Approve-TpmMigration'
        'Confirm-TpmKey'
        'Connect-MaService'
        'Convert-TpmMigrationPackage'
        'Deny-TpmMigration'
        'Export-TpmMigrationPackage'
        'Find-MaPackage'
        'Get-MaKey'
        'Get-MaPackage'
        'Get-MaServiceInformation'
        'Get-MigrationAuthority'
        'Get-TpmKey'
        'Get-TpmKeyData'
        'Get-TpmMigrationApproval'
        'Get-TpmMigrationDestination'
        'Get-TpmMigrationPackage'
        'Import-TpmMigrationPackage'
        'New-TpmMigratableKey'
        'Register-MigrationAuthority'
        'Remove-MaPackage'
        'Remove-TpmKey'
        'Remove-TpmKeyData'
        'Send-MaPackage'
        'Test-TpmMigrationApproval'
        'Test-TpmMigrationPackage'
        'Unlock-TpmMigrationPackage'
        'Unregister-MigrationAuthority'
        'Update-TpmMigrationPackage'
    )
    FunctionsToExport = @()
    AliasesToExport = @()
    VariablesToExport = @()
    FormatsToProcess = @('views/TpmMigration.format.ps1xml')
    PrivateData = @{
        PSData = @{
            Tags = @('TPM', 'TPM2', 'Migration', 'Keys', 'Security', 'PSEdition_Desktop', 'PSEdition_Core', 'Windows', 'Linux')
        }
    }
}
