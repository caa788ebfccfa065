<#
.SYNOPSIS
    Runs *.Tests.ps1 files without Pester. Shows what failed, and returns PassedCount, FailedCount and SkippedCount.
#>
param([Parameter(Mandatory)][string] $Path)

. ([IO.Path]::Combine($PSScriptRoot, 'PesterStandIn.ps1'))
. ([IO.Path]::Combine($PSScriptRoot, 'Should.ps1'))

# As in Pester, errors that do not terminate do not fail a test either.
$ErrorActionPreference = 'Continue'
$StandInFiles = @($Path)
if ([IO.Directory]::Exists($Path)) {
    $StandInFiles = [IO.Directory]::GetFiles($Path, '*.Tests.ps1', 'AllDirectories')
    [Array]::Sort($StandInFiles, [StringComparer]::Ordinal)
}
foreach ($StandInFile in $StandInFiles) {
    Invoke-StandInFile $StandInFile
}
foreach ($StandInFailure in $StandIn.Failures) {
    [Console]::WriteLine("[-] $StandInFailure")
}
[pscustomobject]@{ PassedCount = $StandIn.Passed; FailedCount = $StandIn.Failed; SkippedCount = $StandIn.Skipped }
