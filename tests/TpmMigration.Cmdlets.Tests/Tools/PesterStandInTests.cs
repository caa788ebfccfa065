using System;
using System.IO;
using System.Linq;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Tools;

/// <summary>The stand-in must fail what Pester fails: a test tool that passes everything would be worse than none.</summary>
public sealed class PesterStandInTests : IDisposable
{
    private static readonly string[] Holding =
    [
        "1 | Should -Be 1", "'a' | Should -Be 'A'", "1, 2 | Should -Be 1, 2", "$null | Should -Be $null", "1 | Should -Not -Be 2",
        "'a' | Should -BeExactly 'a'", "'a' | Should -Not -BeExactly 'A'",
        "$null | Should -BeNullOrEmpty", "'' | Should -BeNullOrEmpty", "@() | Should -BeNullOrEmpty", "0 | Should -Not -BeNullOrEmpty",
        "$true | Should -BeTrue", "$false | Should -BeFalse", "$null | Should -BeFalse",
        "'a' | Should -BeOfType [string]", "'a' | Should -BeOfType string", "1 | Should -Not -BeOfType ([string])",
        "'abc' | Should -BeLike 'A*'", "'abc' | Should -Match 'B'", "'abc' | Should -Not -Match '^b'",
        "1, 2 | Should -HaveCount 2", "@() | Should -HaveCount 0", "1, 2 | Should -Contain 2", "1, 2 | Should -Not -Contain 3",
        "1 | Should -BeIn 1, 2", "2 | Should -BeGreaterThan 1", "1 | Should -BeLessThan 2", "2 | Should -BeGreaterOrEqual 2", "2 | Should -BeLessOrEqual 2",
        "$PSScriptRoot | Should -Exist", "'/nowhere/at/all' | Should -Not -Exist",
        "{ throw 'ab' } | Should -Throw", "{ throw 'ab' } | Should -Throw 'a*'", "{ 1 } | Should -Not -Throw",
        "{ Import-Module /nowhere -ErrorAction Stop } | Should -Throw -ErrorId 'Modules_ModuleNotFound*'",
        "{ [int]::Parse('x') } | Should -Throw -ExceptionType ([System.Management.Automation.MethodInvocationException])",
        "Should -ActualValue 1 -Be 1",
    ];

    private static readonly string[] Failing =
    [
        "1 | Should -Be 2", "1, 2 | Should -Be 1, 3", "1, 2 | Should -Be 1", "$null | Should -Be 0", "1 | Should -Not -Be 1",
        "'a' | Should -BeExactly 'A'", "'x' | Should -BeNullOrEmpty", "$null | Should -Not -BeNullOrEmpty",
        "$false | Should -BeTrue", "$true | Should -BeFalse", "1 | Should -BeOfType [string]", "$null | Should -BeOfType [string]",
        "'abc' | Should -BeLike 'b*'", "'abc' | Should -Match 'x'", "1, 2 | Should -HaveCount 3", "1, 2 | Should -Contain 3",
        "3 | Should -BeIn 1, 2", "1 | Should -BeGreaterThan 1", "1 | Should -BeLessThan 1", "'/nowhere/at/all' | Should -Exist",
        "{ 1 } | Should -Throw", "{ throw 'ab' } | Should -Throw 'x*'", "{ throw 'ab' } | Should -Throw -ErrorId 'x'",
        "{ throw 'ab' } | Should -Not -Throw", "1 | Should 1", "throw 'x'",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("stand-in").FullName;

    [Fact]
    public void Assertions_that_hold_pass() =>
        Assert.Equal((Holding.Length, 0, 0), Run("Describe 'd' {\n" + Its(Holding) + "\n}"));

    [Fact]
    public void Assertions_that_do_not_hold_fail() =>
        Assert.Equal((0, Failing.Length, 0), Run("Describe 'd' {\n" + Its(Failing) + "\n}"));

    [Fact]
    public void What_BeforeAll_sets_is_seen_below_and_a_test_changes_only_its_own_copy() => Assert.Equal((4, 0, 0), Run("""
        BeforeAll { $top = 1; function Get-Top { $top } }
        Describe 'outer' {
            BeforeAll { $middle = 2 }
            It 'sees both' { $top + $middle | Should -Be 3; Get-Top | Should -Be 1 }
            It 'changes its own' { $middle = 9; $middle | Should -Be 9 }
            It 'sees no change' { $middle | Should -Be 2 }
            Context 'inner' {
                BeforeAll { $inner = $middle + 1 }
                It 'sees the outer block' { $inner | Should -Be 3 }
            }
        }
        """));

    [Fact]
    public void Setup_and_teardown_run_around_each_test_outermost_first() => Assert.Equal((3, 0, 0), Run("""
        Describe 'outer' {
            BeforeAll { $log = [Collections.Generic.List[string]]::new() }
            BeforeEach { $log.Add('outer') }
            AfterEach { $log.Add('after outer') }
            Context 'inner' {
                BeforeEach { $log.Add('inner') }
                AfterEach { $log.Add('after inner') }
                It 'runs setup' { "$log" | Should -Be 'outer inner' }
                It 'has run teardown' { "$log" | Should -Be 'outer inner after inner after outer outer inner' }
            }
            It 'runs the setup of its own block only' { $log[$log.Count - 1] | Should -Be 'outer' }
        }
        """));

    [Fact]
    public void Data_makes_one_test_per_item_with_its_values() => Assert.Equal((5, 0, 0), Run("""
        Describe 'd <letter>' -ForEach @(@{ letter = 'a' }, @{ letter = 'b' }) {
            It 'has <letter> and <number>' -TestCases @(@{ number = 1 }, @{ number = 2 }) { "$letter$number" | Should -Match '^[ab][12]$' }
        }
        Describe 'items' { It 'is <_>' -ForEach 5 { $_ | Should -Be 5 } }
        """));

    [Fact]
    public void Names_are_expanded_from_the_data() =>
        Assert.Contains("d > is 7 and $null", RunForOutput("Describe 'd' { It 'is <n> and <x>' -ForEach @{ n = 7; x = $null } { throw } }"), StringComparison.Ordinal);

    [Theory]
    [InlineData("Describe 'd' { BeforeAll { throw 'x' }; It 'a' { }; It 'b' { } }", 0, 2)]
    [InlineData("Describe 'd' { AfterAll { throw 'x' }; It 'a' { } }", 1, 1)]
    [InlineData("Describe 'd' { BeforeEach { throw 'x' }; It 'a' { } }", 0, 1)]
    [InlineData("Describe 'd' { AfterEach { throw 'x' }; It 'a' { } }", 0, 1)]
    [InlineData("throw 'discovery'", 0, 1)]
    [InlineData("Describe 'd' { It 'a' -ForEach @() { } }", 0, 1)]
    public void Errors_outside_a_test_count_as_failures(string text, int passed, int failed) => Assert.Equal((passed, failed, 0), Run(text));

    [Fact]
    public void Skipped_tests_neither_run_nor_count_as_passed() =>
        Assert.Equal((0, 0, 2), Run("Describe 'd' { BeforeAll { throw }; It 'a' -Skip { throw }; Context 'c' -Skip { It 'b' { throw } } }"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Its(string[] bodies) => string.Join('\n', bodies.Select((body, index) => $"It '{index}' {{ {body} }}"));

    private (int Passed, int Failed, int Skipped) Run(string text)
    {
        string output = RunForOutput(text);
        int[] counts = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Split('/').Select(int.Parse)];
        return (counts[0], counts[1], counts[2]);
    }

    private string RunForOutput(string text)
    {
        string standIn = Path.Combine(Repository.Root, "tools", "PesterStandIn", "Invoke-PesterStandIn.ps1");
        File.WriteAllText(Path.Combine(_folder, "Sample.Tests.ps1"), text);
        return HostProcess.Run(
            "-Command",
            $"$run = & '{standIn}' '{_folder}'; [Console]::WriteLine(\"$($run.PassedCount)/$($run.FailedCount)/$($run.SkippedCount)\")").Output;
    }
}
