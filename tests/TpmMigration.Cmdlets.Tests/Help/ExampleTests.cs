using System;
using System.Collections.Generic;
using System.Linq;
using HelpBuilder;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Help;

/// <summary>The examples of the help work as they are written, on a machine that has what they presuppose.</summary>
public sealed class ExampleTests(ExampleTests.Machines machines) : IClassFixture<ExampleTests.Machines>
{
    private static readonly IReadOnlyDictionary<string, HelpTopic> Topics =
        HelpFolder.ReadTopics(Repository.HelpPages).ToDictionary(topic => topic.Name);

    public static TheoryData<string, int> Examples
    {
        get
        {
            var examples = new TheoryData<string, int>();
            foreach (HelpTopic topic in Topics.Values)
            {
                for (int i = 0; i < topic.Examples.Count; i++) examples.Add(topic.Name, i);
            }
            return examples;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Runs_without_any_error(string name, int index)
    {
        using var folder = new TemporaryFolder("example-");
        using var session = new ModuleSession();
        session.Run(Setup, new { Page = name, Folder = folder.FullPath, Old = machines.Old.ConnectionString, New = machines.New.ConnectionString, Root = SimulatedManufacturer.RootCertificatePath }).ThrowIfFailed();
        session.Run(Topics[name].Examples[index].Code).ThrowIfFailed();
    }

    /// <summary>The machine that keys leave and the one they come to, the latter with an endorsement certificate.</summary>
    public sealed class Machines : IDisposable
    {
        internal SimulatedTpm Old { get; } = SimulatedTpm.Start();

        internal SimulatedTpm New { get; } = SimulatedTpm.StartCertified();

        public void Dispose()
        {
            Old.Dispose();
            New.Dispose();
        }
    }

    // Files lie in the current folder, as users have them. Imports run on the new machine, all else on the old one. Whoever is asked to
    // confirm says yes; what asks for a password, or reaches another machine, is played.
    private const string Setup = """
        param($Page, $Folder, $Old, $New, $Root)
        $ErrorActionPreference = 'Stop'
        $oldMachine = @{ Tpm = $Old; Store = "$Folder/old" }
        $global:newMachine = @{ Tpm = $New; Store = "$Folder/new" }
        $null = $ExecutionContext.SessionState.Path.SetLocation($Folder)
        $null = [IO.Directory]::CreateDirectory("$Folder/keys")
        $null = [IO.Directory]::CreateDirectory("$Folder/roots")
        [IO.File]::Copy($Root, "$Folder/roots/manufacturer.cer")
        if ($Page -ne 'New-TpmMigratableKey') {
            $null = 'Vpn', 'Test1', 'Test2' | New-TpmMigratableKey @oldMachine
            $null = New-TpmMigratableKey Group -Role Storage @oldMachine
            $null = New-TpmMigratableKey Mail -Parent Group -MovesWithParent @oldMachine
            [IO.File]::Copy("$Folder/old/Vpn.pem", "$Folder/keys/Vpn.pem")
        }
        if ($Page -ne 'Get-TpmMigrationDestination') {
            $null = Get-TpmMigrationDestination -Path ./new-laptop.destination.xml @newMachine
        }
        if ($Page -in 'Get-TpmMigrationPackage', 'Import-TpmMigrationPackage') {
            $null = Export-TpmMigrationPackage Vpn ./new-laptop.destination.xml -Reason 'Laptop replaced' -Path ./vpn.package.xml @oldMachine
        }
        $here = if ($Page -eq 'Import-TpmMigrationPackage') { $newMachine } else { $oldMachine }
        $global:PSDefaultParameterValues = @{ '*-Tpm*:Tpm' = $here.Tpm; '*-Tpm*:Store' = $here.Store }
        $global:ConfirmPreference = 'None'
        function global:Get-Credential([string] $UserName, [string] $Message) {
            $password = [Security.SecureString]::new()
            'example'.ToCharArray() | ForEach-Object { $password.AppendChar($_) }
            [Management.Automation.PSCredential]::new($UserName, $password)
        }
        function global:Invoke-Command([string] $ComputerName, [scriptblock] $ScriptBlock) {
            $global:PSDefaultParameterValues = @{ '*-Tpm*:Tpm' = $newMachine.Tpm; '*-Tpm*:Store' = $newMachine.Store }
            [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize((& $ScriptBlock)))
        }
        """;
}
