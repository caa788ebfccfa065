# Should, with the operators tests/Pester uses; a failed assertion throws, as in Pester.
# Its variables carry a prefix where scripts of the tests run below it and would see them.

function Format-StandInValue($Value) {
    if ($null -eq $Value) { return '$null' }
    if ($Value -is [string]) { return "'$Value'" }
    if ($Value -is [Array]) { return '@(' + (@($Value | ForEach-Object { Format-StandInValue $_ }) -join ', ') + ')' }
    "$Value"
}

function Test-StandInEqual($Actual, $Expected, [bool] $CaseSensitive) {
    if ($Actual -is [Array] -or $Expected -is [Array]) {
        $left = @($Actual)
        $right = @($Expected)
        if ($left.Count -ne $right.Count) {
            return $false
        }
        for ($i = 0; $i -lt $left.Count; $i++) {
            if (-not (Test-StandInEqual $left[$i] $right[$i] $CaseSensitive)) {
                return $false
            }
        }
        return $true
    }
    if ($null -eq $Actual -or $null -eq $Expected) {
        return $null -eq $Actual -and $null -eq $Expected
    }
    if ($CaseSensitive) { $Actual -ceq $Expected } else { $Actual -eq $Expected }
}

# Runs the script and returns its error, or nothing.
function Get-StandInError($StandInScript) {
    if ($StandInScript -isnot [scriptblock]) {
        throw 'Should -Throw needs a script block.'
    }
    try {
        $null = & $StandInScript
    } catch {
        return $_
    }
}

function Assert-StandIn([bool] $Holds, [bool] $Not, [string] $Expectation, $Actual, [string] $Because) {
    if ($Holds -eq $Not) {
        $negation = if ($Not) { 'not ' } else { '' }
        $reason = if ($Because) { ", because $Because" } else { '' }
        throw "Expected $negation$Expectation$reason, but got $(Format-StandInValue $Actual)."
    }
}

function Should {
    [CmdletBinding(DefaultParameterSetName = 'Be')]
    param(
        [Parameter(ValueFromPipeline)] $ActualValue,
        [switch] $Not,
        [string] $Because,
        [Parameter(ParameterSetName = 'Be')][switch] $Be,
        [Parameter(ParameterSetName = 'BeExactly', Mandatory)][switch] $BeExactly,
        [Parameter(ParameterSetName = 'BeNullOrEmpty', Mandatory)][switch] $BeNullOrEmpty,
        [Parameter(ParameterSetName = 'BeTrue', Mandatory)][switch] $BeTrue,
        [Parameter(ParameterSetName = 'BeFalse', Mandatory)][switch] $BeFalse,
        [Parameter(ParameterSetName = 'BeOfType', Mandatory)][switch] $BeOfType,
        [Parameter(ParameterSetName = 'BeLike', Mandatory)][switch] $BeLike,
        [Parameter(ParameterSetName = 'Match', Mandatory)][switch] $Match,
        [Parameter(ParameterSetName = 'Throw', Mandatory)][switch] $Throw,
        [Parameter(ParameterSetName = 'HaveCount', Mandatory)][switch] $HaveCount,
        [Parameter(ParameterSetName = 'Contain', Mandatory)][switch] $Contain,
        [Parameter(ParameterSetName = 'BeIn', Mandatory)][switch] $BeIn,
        [Parameter(ParameterSetName = 'BeGreaterThan', Mandatory)][switch] $BeGreaterThan,
        [Parameter(ParameterSetName = 'BeGreaterOrEqual', Mandatory)][switch] $BeGreaterOrEqual,
        [Parameter(ParameterSetName = 'BeLessThan', Mandatory)][switch] $BeLessThan,
        [Parameter(ParameterSetName = 'BeLessOrEqual', Mandatory)][switch] $BeLessOrEqual,
        [Parameter(ParameterSetName = 'Exist', Mandatory)][switch] $Exist,

        [Parameter(Position = 0, ParameterSetName = 'Be')]
        [Parameter(Position = 0, ParameterSetName = 'BeExactly')]
        [Parameter(Position = 0, ParameterSetName = 'BeOfType')]
        [Parameter(Position = 0, ParameterSetName = 'BeLike')]
        [Parameter(Position = 0, ParameterSetName = 'Match')]
        [Parameter(Position = 0, ParameterSetName = 'HaveCount')]
        [Parameter(Position = 0, ParameterSetName = 'Contain')]
        [Parameter(Position = 0, ParameterSetName = 'BeIn')]
        [Parameter(Position = 0, ParameterSetName = 'BeGreaterThan')]
        [Parameter(Position = 0, ParameterSetName = 'BeGreaterOrEqual')]
        [Parameter(Position = 0, ParameterSetName = 'BeLessThan')]
        [Parameter(Position = 0, ParameterSetName = 'BeLessOrEqual')]
        [AllowNull()] $ExpectedValue,

        [Parameter(Position = 0, ParameterSetName = 'Throw')][string] $ExpectedMessage,
        [Parameter(ParameterSetName = 'Throw')][string] $ErrorId,
        [Parameter(ParameterSetName = 'Throw')][type] $ExceptionType
    )

    begin {
        $StandInItems = @()
        $StandInPiped = -not $PSBoundParameters.ContainsKey('ActualValue')
    }
    process {
        if ($StandInPiped -and $PSBoundParameters.ContainsKey('ActualValue')) {
            $StandInItems += , $ActualValue
        }
    }
    end {
        $StandInActual = $ActualValue
        if ($StandInPiped) {
            $StandInActual = $StandInItems
            if ($StandInItems.Count -eq 0) { $StandInActual = $null }
            if ($StandInItems.Count -eq 1) { $StandInActual = $StandInItems[0] }
        }
        $StandInExpected = $ExpectedValue
        $StandInWanted = Format-StandInValue $StandInExpected

        switch ($PSCmdlet.ParameterSetName) {
            'Be' {
                if (-not $Be) {
                    throw 'Should needs an operator.'
                }
                Assert-StandIn (Test-StandInEqual $StandInActual $StandInExpected $false) $Not $StandInWanted $StandInActual $Because
            }
            'BeExactly' { Assert-StandIn (Test-StandInEqual $StandInActual $StandInExpected $true) $Not "exactly $StandInWanted" $StandInActual $Because }
            'BeNullOrEmpty' {
                $StandInEmpty = $null -eq $StandInActual -or ($StandInActual -is [string] -and $StandInActual -eq '') -or
                    ($StandInActual -is [Collections.ICollection] -and $StandInActual.Count -eq 0)
                Assert-StandIn $StandInEmpty $Not '$null or empty' $StandInActual $Because
            }
            'BeTrue' { Assert-StandIn ([bool]$StandInActual) $Not '$true' $StandInActual $Because }
            'BeFalse' { Assert-StandIn (-not $StandInActual) $Not '$false' $StandInActual $Because }
            'BeOfType' {
                $StandInType = if ($StandInExpected -is [type]) { $StandInExpected } else { [type]("$StandInExpected".Trim('[', ']')) }
                $StandInOf = @($StandInActual).Count -gt 0 -and $null -ne $StandInActual -and
                    @(@($StandInActual) | Where-Object { -not $StandInType.IsInstanceOfType($_) }).Count -eq 0
                Assert-StandIn $StandInOf $Not "a $StandInType" $StandInActual $Because
            }
            'BeLike' { Assert-StandIn ("$StandInActual" -like $StandInExpected) $Not "like $StandInWanted" $StandInActual $Because }
            'Match' { Assert-StandIn ("$StandInActual" -match $StandInExpected) $Not "a match of $StandInWanted" $StandInActual $Because }
            'HaveCount' {
                $StandInCount = if ($StandInPiped) { $StandInItems.Count } else { @($StandInActual).Count }
                Assert-StandIn ($StandInCount -eq $StandInExpected) $Not "a collection of $StandInWanted" "$StandInCount items" $Because
            }
            'Contain' { Assert-StandIn (@($StandInActual) -contains $StandInExpected) $Not "$StandInWanted in the collection" $StandInActual $Because }
            'BeIn' { Assert-StandIn (@($StandInExpected) -contains $StandInActual) $Not "one of $StandInWanted" $StandInActual $Because }
            'BeGreaterThan' { Assert-StandIn ($StandInActual -gt $StandInExpected) $Not "more than $StandInWanted" $StandInActual $Because }
            'BeGreaterOrEqual' { Assert-StandIn ($StandInActual -ge $StandInExpected) $Not "at least $StandInWanted" $StandInActual $Because }
            'BeLessThan' { Assert-StandIn ($StandInActual -lt $StandInExpected) $Not "less than $StandInWanted" $StandInActual $Because }
            'BeLessOrEqual' { Assert-StandIn ($StandInActual -le $StandInExpected) $Not "at most $StandInWanted" $StandInActual $Because }
            'Exist' { Assert-StandIn ([IO.File]::Exists($StandInActual) -or [IO.Directory]::Exists($StandInActual)) $Not 'an existing path' $StandInActual $Because }
            'Throw' {
                $StandInCaught = Get-StandInError $StandInActual
                $StandInThrown = $null -ne $StandInCaught
                $StandInText = if ($StandInThrown) { "an error '$StandInCaught' ($($StandInCaught.FullyQualifiedErrorId))" } else { 'no error' }
                if ($StandInThrown -and $ExpectedMessage) { $StandInThrown = "$StandInCaught" -like $ExpectedMessage }
                if ($StandInThrown -and $ErrorId) { $StandInThrown = $StandInCaught.FullyQualifiedErrorId -like $ErrorId }
                if ($StandInThrown -and $null -ne $ExceptionType) { $StandInThrown = $ExceptionType.IsInstanceOfType($StandInCaught.Exception) }
                Assert-StandIn $StandInThrown $Not "an error $ExpectedMessage $ErrorId $ExceptionType" $StandInText $Because
            }
        }
    }
}
