using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using TpmMigration.Testing;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>
/// A machine with keys (Vpn, Code with a password, the storage key Group with Mail below it), and what belongs to it: variables
/// $here and $there (its own destination and another machine's),
/// $other (parameters for that machine), $package (for itself) and $foreign (for the other machine).
/// </summary>
public sealed class Scene : IDisposable
{
    public const string Password = "correct-horse";

    private readonly TemporaryFolder _folder = new("tpm-scene-");
    private readonly ModuleSession _session = new();

    public Scene()
    {
        Run("""
            param($Tpm, $Store, $Register, $OtherTpm, $OtherStore, $Plain, $Files)
            $global:PSDefaultParameterValues = @{ '*-Tpm*:Tpm' = $Tpm; '*-Tpm*:Store' = $Store; '*-Ma*:Tpm' = $Tpm; '*-Ma*:Store' = $Store; '*:TrustRegister' = $Register }
            $global:files = $Files
            $global:other = @{ Tpm = $OtherTpm; Store = $OtherStore }
            $global:password = [Security.SecureString]::new()
            $Plain.ToCharArray() | ForEach-Object { $global:password.AppendChar($_) }
            $global:wrong = [Security.SecureString]::new()
            'wrong-pony'.ToCharArray() | ForEach-Object { $global:wrong.AppendChar($_) }
            $null = New-TpmMigratableKey Vpn
            $null = New-TpmMigratableKey Code -KeyPassword $password
            $null = New-TpmMigratableKey Group -Role Storage
            $null = New-TpmMigratableKey Mail -Parent Group -MovesWithParent
            $global:here = Get-TpmMigrationDestination
            $global:there = Get-TpmMigrationDestination -Tpm $OtherTpm -Store $OtherStore
            $global:package = Export-TpmMigrationPackage Vpn $here -Reason Test
            $global:foreign = Export-TpmMigrationPackage Vpn $there -Reason Test
            function global:Copy-Remoted($Value) {
                [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($Value, 3))
            }
            """,
            new { Tpm = Tpm.ConnectionString, Store, Register = _folder["register/trust.xml"], OtherTpm = OtherTpm.ConnectionString, OtherStore = _folder["other"], Plain = Password, Files = Files }).ThrowIfFailed();
    }

    internal SimulatedTpm Tpm { get; } = SimulatedTpm.Start();

    /// <summary>The other machine's; the variable $other has its parameters.</summary>
    internal SimulatedTpm OtherTpm { get; } = SimulatedTpm.Start();

    internal string Store => _folder["store"];

    /// <summary>Where tests write documents; also the variable $files.</summary>
    internal string Files => Directory.CreateDirectory(_folder["files"]).FullName;

    internal ModuleSession Session => _session;

    internal ModuleSessionResult Run(string script, object? parameters = null) => _session.Run(script, parameters);

    /// <summary>Every handle of the TPM and every byte of store and documents.</summary>
    internal string State() => string.Join('\n', [
        Tpm.Tool("tpm2_getcap", "handles-persistent"),
        Loaded(),
        .. new[] { Store, Files }.SelectMany(folder => Directory.GetFiles(folder, "*", SearchOption.AllDirectories)).Order(StringComparer.Ordinal)
            .Select(file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}"),
    ]);

    /// <summary>Transient objects and sessions in the TPM: none, whenever no command runs.</summary>
    internal string Loaded() => Tpm.Tool("tpm2_getcap", "handles-transient") + Tpm.Tool("tpm2_getcap", "handles-loaded-session");

    internal string[] Names() => [.. Run("Get-TpmKey").ThrowIfFailed().Output.Select(key => (string)key.Properties["Name"].Value)];

    /// <summary>The one error of a script, whether it ended the script or not.</summary>
    internal ErrorRecord ErrorOf(string script)
    {
        ModuleSessionResult result = Run(script);
        return result.Terminating ?? Xunit.Assert.Single(result.Errors);
    }

    public void Dispose()
    {
        _session.Dispose();
        Tpm.Dispose();
        OtherTpm.Dispose();
        _folder.Dispose();
    }
}
