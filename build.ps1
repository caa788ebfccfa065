<#
.SYNOPSIS
    Builds, tests and packs TpmMigration. The only build entry of the project.
.DESCRIPTION
    Build  compiles everything, writes the help and lays out the importable module in out/TpmMigration.
    Test   builds, then runs all tests; the last line is "N passed, N failed".
    Demo   builds, then plays a migration between software TPMs.
    Bench  builds, then runs the benchmarks.
    Pack   builds, then writes out/TpmMigration-<version>.zip.

    Runs in PowerShell 7, Windows PowerShell 5.1 and tools/PowerShellHost, and so keeps to .NET and the engine's own commands.
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Demo', 'Bench', 'Pack', 'Prerequisites')]
    [string] $Task = 'Build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release',

    # What is behind -- goes to the demo or the benchmarks.
    [Parameter(ValueFromRemainingArguments = $true)]
    [string[]] $Remaining = @()
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot
$onWindows = [Environment]::OSVersion.Platform -eq 'Win32NT'

# Debian packages: the software TPM, the independent tools our results are checked against, the database of a Migration Authority, and what
# samples/demo uses.
$debianPackages = @('swtpm', 'swtpm-tools', 'tpm2-tools', 'tss2', 'python3-tpm2-pytss', 'tpm2-openssl', 'openssl',
    'xmlsec1', 'libxml2-utils', 'softhsm2', 'opensc', 'python3-zeep', 'gsoap', 'libgsoap-dev', 'g++', 'postgresql')

function Write-Step([string] $Text) {
    [Console]::WriteLine("==> $Text")
}

function Join-Root([string] $Path) {
    [IO.Path]::GetFullPath([IO.Path]::Combine($root, $Path))
}

# Runs a program; its output is shown as it comes, and its failure ends the build.
function Invoke-Program([string] $Program, [string[]] $Arguments) {
    & $Program @Arguments | ForEach-Object { [Console]::WriteLine($_) }
    if ($LASTEXITCODE -ne 0) {
        throw "$Program $($Arguments -join ' ') failed with exit code $LASTEXITCODE; its output is above."
    }
}

function Test-DebianPackage([string] $Name) {
    $status = & dpkg-query -W -f '${db:Status-Status}' $Name 2>$null
    "$status" -eq 'installed'
}

function Install-Prerequisites {
    if (-not [IO.File]::Exists('/usr/bin/apt-get')) {
        if ($onWindows) {
            Write-Step 'Prerequisites: the .NET 10 SDK. Tests that need a software TPM run on Linux only.'
        } else {
            Write-Step "Prerequisites: please see that these are installed, under the names your system gives them: $debianPackages"
        }
        return
    }

    $missing = @($debianPackages | Where-Object { -not (Test-DebianPackage $_) })
    if ($missing.Count -eq 0) {
        return
    }

    Write-Step "Prerequisites: installing $missing"
    $sudo = @()
    if ((& id -u) -ne '0') {
        $sudo = @('sudo')
    }
    $env:DEBIAN_FRONTEND = 'noninteractive'
    $update = $sudo + @('apt-get', '-q', 'update')
    $install = $sudo + @('apt-get', '-q', '-y', '--no-install-recommends', 'install') + $missing
    foreach ($command in @(, $update) + @(, $install)) {
        Invoke-Program $command[0] $command[1..($command.Count - 1)]
    }
}

function Build-Solution {
    Write-Step "Build ($Configuration)"
    $module = Join-Root 'out/TpmMigration'
    if ([IO.Directory]::Exists($module)) {
        # What an earlier build staged and this one no longer has must not stay importable.
        [IO.Directory]::Delete($module, $true)
    }
    Invoke-Program 'dotnet' @('build', (Join-Root 'TpmMigration.slnx'), '-c', $Configuration, '-nodeReuse:false',
        '--disable-build-servers', '-v', 'quiet', '-nologo', '-clp:NoSummary')
    Write-Help
}

function Write-Help {
    $builder = Join-Root "tools/HelpBuilder/bin/$Configuration/net10.0/HelpBuilder.dll"
    $help = Join-Root 'en-US'
    Invoke-Program 'dotnet' @($builder, (Join-Root 'docs/help'), $help)
    $staged = Join-Root 'out/TpmMigration/en-US'
    $null = [IO.Directory]::CreateDirectory($staged)
    foreach ($file in [IO.Directory]::GetFiles($help)) {
        [IO.File]::Copy($file, [IO.Path]::Combine($staged, [IO.Path]::GetFileName($file)), $true)
    }
}

# One xunit project's executable: counts from its XML report, so that a crash before the report counts as a failure.
function Invoke-XunitProject([string] $Project) {
    $name = [IO.Path]::GetFileNameWithoutExtension($Project)
    $assembly = [IO.Path]::Combine([IO.Path]::GetDirectoryName($Project), "bin/$Configuration/net10.0/$name.dll")
    $report = Join-Root "out/test-results/$name.xml"
    if ([IO.File]::Exists($report)) {
        [IO.File]::Delete($report)
    }
    $started = [Diagnostics.Stopwatch]::StartNew()
    $lines = @(& dotnet $assembly -noLogo -noColor -result-xml $report 2>&1)
    $exitCode = $LASTEXITCODE
    $result = @{ Name = $name; Passed = 0; Failed = 0; Skipped = 0 }
    if ([IO.File]::Exists($report)) {
        $xml = [xml][IO.File]::ReadAllText($report)
        foreach ($run in $xml.SelectNodes('/assemblies/assembly')) {
            $result.Passed += [int]$run.GetAttribute('passed')
            $result.Failed += [int]$run.GetAttribute('failed') + [int]$run.GetAttribute('errors')
            $result.Skipped += [int]$run.GetAttribute('skipped')
        }
    }
    if ($result.Failed -eq 0 -and ($exitCode -ne 0 -or $result.Passed -eq 0)) {
        $result.Failed = 1
    }
    if ($result.Failed -gt 0) {
        $lines | ForEach-Object { [Console]::WriteLine("$_") }
    }
    Write-Result $result $started
    $result
}

function Invoke-PesterTests {
    $started = [Diagnostics.Stopwatch]::StartNew()
    $result = @{ Name = 'Pester'; Passed = 0; Failed = 0; Skipped = 0 }
    $folder = Join-Root 'tests/Pester'
    $pester = @(Get-Module -ListAvailable -Name Pester | Where-Object { $_.Version.Major -ge 5 })
    if ($pester.Count -gt 0) {
        Import-Module Pester -MinimumVersion 5.0
        $run = Invoke-Pester -Path $folder -PassThru -Output Normal
        $result.Passed = $run.PassedCount
        $result.Failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
        $result.Skipped = $run.SkippedCount
    } else {
        $run = & (Join-Root 'tools/PesterStandIn/Invoke-PesterStandIn.ps1') -Path $folder
        $result.Passed = $run.PassedCount
        $result.Failed = $run.FailedCount
        $result.Skipped = $run.SkippedCount
    }
    Write-Result $result $started
    $result
}

function Write-Result($Result, $Started) {
    [Console]::WriteLine(('    {0,-32} {1,5} passed {2,3} failed {3,3} skipped {4,7:0.0} s' -f
            $Result.Name, $Result.Passed, $Result.Failed, $Result.Skipped, $Started.Elapsed.TotalSeconds))
}

function Test-Solution {
    Write-Step 'Test'
    $null = [IO.Directory]::CreateDirectory((Join-Root 'out/test-results'))
    $projects = [IO.Directory]::GetFiles((Join-Root 'tests'), '*.Tests.csproj', 'AllDirectories')
    [Array]::Sort($projects, [StringComparer]::Ordinal)
    $results = @(
        $projects | ForEach-Object { Invoke-XunitProject $_ }
        Invoke-PesterTests
    )
    $passed = 0
    $failed = 0
    foreach ($result in $results) {
        $passed += $result.Passed
        $failed += $result.Failed
    }
    [Console]::WriteLine("$passed passed, $failed failed")
    if ($failed -gt 0 -or $passed -eq 0) {
        exit 1
    }
}

function Invoke-Demo {
    Write-Step 'Demo'
    & (Join-Root 'samples/demo/Demo.ps1') @Remaining
}

function Invoke-Bench {
    Write-Step 'Bench'
    $projects = [IO.Directory]::GetFiles((Join-Root 'bench'), '*.csproj', 'AllDirectories')
    foreach ($project in $projects) {
        Invoke-Program 'dotnet' (@('run', '--project', $project, '-c', $Configuration, '--no-build', '--') + $Remaining)
    }
}

# A zip whose bytes depend on nothing but the files: ordered by name, all with one date.
function Compress-Module {
    # Not Add-Type, which is not in the engine itself.
    $null = [Reflection.Assembly]::LoadWithPartialName('System.IO.Compression')
    $module = Join-Root 'out/TpmMigration'
    $version = (Test-ModuleManifest (Join-Root 'out/TpmMigration/TpmMigration.psd1')).Version
    $zip = Join-Root "out/TpmMigration-$version.zip"
    Write-Step "Pack $zip"
    $files = [IO.Directory]::GetFiles($module, '*', 'AllDirectories')
    [Array]::Sort($files, [StringComparer]::Ordinal)
    $stream = [IO.File]::Create($zip)
    $archive = [IO.Compression.ZipArchive]::new($stream, [IO.Compression.ZipArchiveMode]::Create)
    try {
        foreach ($file in $files) {
            $name = 'TpmMigration/' + $file.Substring($module.Length + 1).Replace('\', '/')
            $entry = $archive.CreateEntry($name)
            $entry.LastWriteTime = [DateTimeOffset]::new(2000, 1, 1, 0, 0, 0, [TimeSpan]::Zero)
            $target = $entry.Open()
            $source = [IO.File]::OpenRead($file)
            $source.CopyTo($target)
            $source.Dispose()
            $target.Dispose()
        }
    } finally {
        $archive.Dispose()
        $stream.Dispose()
    }
}

Install-Prerequisites
switch ($Task) {
    'Prerequisites' { return }
    'Build' { Build-Solution }
    'Test' { Build-Solution; Test-Solution }
    'Demo' { Build-Solution; Invoke-Demo }
    'Bench' { Build-Solution; Invoke-Bench }
    'Pack' { Build-Solution; Compress-Module }
}
