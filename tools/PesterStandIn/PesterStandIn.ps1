# The part of Pester 5 that tests/Pester uses, for machines on which Pester is not installed. To be dot-sourced: the functions
# share the scopes of the tests, so that what BeforeAll sets is seen by the It blocks below it, as in Pester.
#
# A file is read in two passes, as Pester does. Discovery runs the bodies of Describe and Context, which collects the blocks
# and expands -ForEach; the run then goes through the blocks. A block's function call is its scope.

Set-StrictMode -Version 3

$StandIn = @{ Block = $null; Passed = 0; Failed = 0; Skipped = 0; Failures = @() }

function New-StandInBlock([string] $Name, $Parent) {
    @{
        Name = $Name; Parent = $Parent; Data = $null; Skip = $false; Children = @()
        BeforeAll = $null; AfterAll = $null; BeforeEach = $null; AfterEach = $null; Test = $null
    }
}

# <name> and <name.property> stand for the values of -ForEach data; <_> for the item itself.
function Expand-StandInName([string] $Name, $Data) {
    [regex]::Replace($Name, '<([\w.]+)>', {
            param($match)
            $path = $match.Groups[1].Value.Split('.')
            $value = $Data
            if ($path[0] -ne '_') {
                if ($Data -isnot [Collections.IDictionary] -or -not $Data.Contains($path[0])) {
                    return $match.Value
                }
                $value = $Data[$path[0]]
            }
            foreach ($property in @($path | Where-Object { $_ -ne $path[0] })) {
                $value = $value.$property
            }
            if ($null -eq $value) { '$null' } else { "$value" }
        }.GetNewClosure())
}

# Bodies run below this function, and would see its variables: hence their prefix.
function Add-StandInBlock([string] $StandInName, [scriptblock] $StandInBody, [hashtable] $StandInOptions) {
    $StandInCases = @(, $null)
    if ($StandInOptions.HasForEach) {
        $StandInCases = @($StandInOptions.ForEach | Where-Object { $null -ne $_ })
        if ($StandInCases.Count -eq 0) {
            throw "'$StandInName' has a -ForEach without data, and would test nothing."
        }
    }
    foreach ($StandInCase in $StandInCases) {
        $StandInNew = New-StandInBlock (Expand-StandInName $StandInName $StandInCase) $StandIn.Block
        $StandInNew.Data = $StandInCase
        $StandInNew.Skip = $StandInOptions.Skip -or $StandIn.Block.Skip
        $StandIn.Block.Children += $StandInNew
        if ($StandInOptions.IsTest) {
            $StandInNew.Test = $StandInBody
            continue
        }
        $StandIn.Block = $StandInNew
        try {
            & {
                $_ = $StandInNew.Data
                . Set-StandInData $StandInNew
                . $StandInBody
            }
        } finally {
            $StandIn.Block = $StandInNew.Parent
        }
    }
}

# Dot-sourced: the keys of a hashtable become variables of the caller. (The caller sets $_, which no other function can.)
function Set-StandInData($StandInSource) {
    if ($StandInSource.Data -is [Collections.IDictionary]) {
        foreach ($StandInKey in $StandInSource.Data.Keys) {
            $ExecutionContext.SessionState.PSVariable.Set($StandInKey, $StandInSource.Data[$StandInKey])
        }
    }
}

function Describe {
    param(
        [Parameter(Mandatory, Position = 0)][string] $Name,
        [Parameter(Mandatory, Position = 1)][scriptblock] $Fixture,
        [Alias('TestCases')] $ForEach,
        [string[]] $Tag,
        [switch] $Skip
    )
    Add-StandInBlock $Name $Fixture @{ ForEach = $ForEach; HasForEach = $PSBoundParameters.ContainsKey('ForEach'); Skip = [bool]$Skip; IsTest = $false }
}

function Context {
    param(
        [Parameter(Mandatory, Position = 0)][string] $Name,
        [Parameter(Mandatory, Position = 1)][scriptblock] $Fixture,
        [Alias('TestCases')] $ForEach,
        [string[]] $Tag,
        [switch] $Skip
    )
    Add-StandInBlock $Name $Fixture @{ ForEach = $ForEach; HasForEach = $PSBoundParameters.ContainsKey('ForEach'); Skip = [bool]$Skip; IsTest = $false }
}

function It {
    param(
        [Parameter(Mandatory, Position = 0)][string] $Name,
        [Parameter(Mandatory, Position = 1)][scriptblock] $Test,
        [Alias('TestCases')] $ForEach,
        [string[]] $Tag,
        [switch] $Skip
    )
    Add-StandInBlock $Name $Test @{ ForEach = $ForEach; HasForEach = $PSBoundParameters.ContainsKey('ForEach'); Skip = [bool]$Skip; IsTest = $true }
}

function BeforeAll { param([Parameter(Mandatory)][scriptblock] $Scriptblock) $StandIn.Block.BeforeAll = $Scriptblock }
function AfterAll { param([Parameter(Mandatory)][scriptblock] $Scriptblock) $StandIn.Block.AfterAll = $Scriptblock }
function BeforeEach { param([Parameter(Mandatory)][scriptblock] $Scriptblock) $StandIn.Block.BeforeEach = $Scriptblock }
function AfterEach { param([Parameter(Mandatory)][scriptblock] $Scriptblock) $StandIn.Block.AfterEach = $Scriptblock }

function Get-StandInPath($Block) {
    $names = @()
    for ($at = $Block; $null -ne $at; $at = $at.Parent) {
        if ($at.Name) {
            $names = @($at.Name) + $names
        }
    }
    $names -join ' > '
}

function Add-StandInFailure($Block, $ErrorRecord, [string] $Where) {
    $newLine = [Environment]::NewLine
    $frames = @("$($ErrorRecord.ScriptStackTrace)" -split '\r?\n' | Where-Object { $_ -notmatch 'PesterStandIn' })
    $StandIn.Failed++
    $StandIn.Failures += "$(Get-StandInPath $Block)$Where$newLine    $ErrorRecord$newLine    $($frames -join "$newLine    ")"
}

function Get-StandInTests($Block) {
    if ($null -ne $Block.Test) {
        , $Block
    }
    foreach ($child in $Block.Children) {
        Get-StandInTests $child
    }
}

# The setup or teardown scripts of a test, outermost block first.
function Get-StandInEach($Block, [string] $Kind) {
    $scripts = @()
    for ($at = $Block.Parent; $null -ne $at; $at = $at.Parent) {
        if ($null -ne $at[$Kind]) {
            $scripts = @($at[$Kind]) + $scripts
        }
    }
    , $scripts
}

function Invoke-StandInTest($StandInTest) {
    if ($StandInTest.Skip) {
        $StandIn.Skipped++
        return
    }
    $StandInSetup = Get-StandInEach $StandInTest 'BeforeEach'
    $StandInTeardown = Get-StandInEach $StandInTest 'AfterEach'
    [Array]::Reverse($StandInTeardown)
    $StandInError = $null
    try {
        $_ = $StandInTest.Data
        . Set-StandInData $StandInTest
        foreach ($StandInScript in $StandInSetup) {
            $null = . $StandInScript
        }
        $null = . $StandInTest.Test
    } catch {
        $StandInError = $_
    } finally {
        foreach ($StandInScript in $StandInTeardown) {
            try {
                $null = . $StandInScript
            } catch {
                if ($null -eq $StandInError) {
                    $StandInError = $_
                }
            }
        }
    }
    if ($null -eq $StandInError) {
        $StandIn.Passed++
    } else {
        Add-StandInFailure $StandInTest $StandInError ''
    }
}

function Invoke-StandInBlock($StandInThis) {
    $StandInPending = @(Get-StandInTests $StandInThis)
    if (@($StandInPending | Where-Object { -not $_.Skip }).Count -eq 0) {
        $StandIn.Skipped += $StandInPending.Count
        return
    }
    $_ = $StandInThis.Data
    . Set-StandInData $StandInThis
    try {
        if ($null -ne $StandInThis.BeforeAll) {
            $null = . $StandInThis.BeforeAll
        }
        foreach ($StandInChild in $StandInThis.Children) {
            if ($null -ne $StandInChild.Test) {
                Invoke-StandInTest $StandInChild
            } else {
                Invoke-StandInBlock $StandInChild
            }
        }
    } catch {
        # The tests below a BeforeAll that failed have not run, and count as failed.
        foreach ($StandInTest in $StandInPending) {
            Add-StandInFailure $StandInTest $_ ' (BeforeAll)'
        }
    } finally {
        if ($null -ne $StandInThis.AfterAll) {
            try {
                $null = . $StandInThis.AfterAll
            } catch {
                Add-StandInFailure $StandInThis $_ ' (AfterAll)'
            }
        }
    }
}

function Invoke-StandInFile([string] $StandInFile) {
    $StandIn.Block = New-StandInBlock ([IO.Path]::GetFileName($StandInFile)) $null
    try {
        & $StandInFile
    } catch {
        Add-StandInFailure $StandIn.Block $_ ' (discovery)'
        return
    }
    Invoke-StandInBlock $StandIn.Block
}
