using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Cmdlets.Tests.Commands;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.MaService;

/// <summary>
/// A Migration Authority that lets in the TPMs of the tests' manufacturer, somebody between it and the machines who may change what it says, and two
/// machines: $old, whose keys are vaulted, and $new. The session's default is $old and the way through <see cref="Between"/>.
/// </summary>
public sealed class MaScene : IDisposable
{
    private readonly TemporaryFolder _folder = new("ma-scene-");
    private readonly ModuleSession _session = new();

    public MaScene()
    {
        Between = new Between(Authority.Address) { Speak = Through };
        foreach (SimulatedTpm tpm in new[] { Old, New }) KeepIssuer(tpm);
        Directory.CreateDirectory(Files);
        using X509Certificate2 board = TestSigner.Make("board");
        File.WriteAllBytes(Path.Combine(Files, "board.pfx"), board.Export(X509ContentType.Pfx));
        File.WriteAllBytes(Path.Combine(Files, "board.cer"), board.RawData);
        Authority.Do("trust", "add", SimulatedManufacturer.RootCertificatePath, "--reason", "of the tests");
        _session.Run("""
            param($Address, $OldTpm, $NewTpm, $Folder)
            $global:uri = $Address
            $global:files = "$Folder/files"
            $global:old = @{ Tpm = $OldTpm; Store = "$Folder/old" }
            $global:new = @{ Tpm = $NewTpm; Store = "$Folder/new" }
            $global:PSDefaultParameterValues = @{ '*-*:Tpm' = $OldTpm; '*-*:Store' = "$Folder/old"; '*:TrustRegister' = "$Folder/register/trust.xml"; '*-Ma*:Uri' = $Address }
            function global:Copy-Remoted($Value) {
                [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($Value, 3))
            }
            function global:Export-Key([string] $Name, $To = $global:key, $Machine = $global:old, [hashtable] $More = @{}) {
                $null = New-TpmMigratableKey $Name @Machine
                Export-TpmMigrationPackage $Name $To -Reason Test @Machine @More
            }
            $global:board = @{ Certificate = "$files/board.pfx"; Reason = 'Test' }
            $global:key = Get-MaKey -WarningAction SilentlyContinue
            $null = $key | Register-MigrationAuthority -Role MigrationAuthority
            """,
            new { Address = Between.Address.ToString(), OldTpm = Old.ConnectionString, NewTpm = New.ConnectionString, Folder = _folder.FullPath }).ThrowIfFailed();
    }

    internal SimulatedTpm Old { get; } = SimulatedTpm.StartCertified();

    internal SimulatedTpm New { get; } = SimulatedTpm.StartCertified();

    internal AuthorityProcess Authority { get; } = new("--http");

    internal Between Between { get; }

    internal string Store => _folder["old"];

    internal string Files => _folder["files"];

    internal ModuleSession Session => _session;

    /// <summary>Hands on what comes and goes as it is.</summary>
    internal Func<Request, Answer?> Through => request => Between.Forward(request);

    /// <summary>Runs a script, whose variables are its own.</summary>
    internal ModuleSessionResult Run(string script) => _session.Run($"& {{ {script}\n}}");

    internal string Line(string script) => Assert.Single(Run(script).ThrowIfFailed().Output).ToString();

    /// <summary>Nothing may be left in a TPM when no command runs.</summary>
    internal string Loaded() => string.Concat(new[] { Old, New }.SelectMany(tpm => new[] { tpm.Tool("tpm2_getcap", "handles-transient"), tpm.Tool("tpm2_getcap", "handles-loaded-session") })).Trim();

    public void Dispose()
    {
        _session.Dispose();
        Between.Dispose();
        Authority.Dispose();
        Old.Dispose();
        New.Dispose();
        _folder.Dispose();
    }

    /// <summary>Puts the certificate above the endorsement certificates where manufacturers put it.</summary>
    internal static void KeepIssuer(SimulatedTpm tpm)
    {
        string pem = SimulatedManufacturer.IssuerCertificatePath;
        using var issuer = X509Certificate2.CreateFromPem(File.ReadAllText(pem));
        string file = Path.Combine(tpm.WorkDirectory, "issuer.der");
        File.WriteAllBytes(file, issuer.RawData);
        tpm.Tool("tpm2_nvdefine", "0x01C00100", "-C", "o", "-s", issuer.RawData.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), "-a", "ownerwrite|ownerread|authread|no_da");
        tpm.Tool("tpm2_nvwrite", "0x01C00100", "-C", "o", "-i", file);
    }
}

/// <summary>The classes that share one scene, since it takes seconds to set up.</summary>
[CollectionDefinition(Name)]
public sealed class MaSceneGroup : ICollectionFixture<MaScene>
{
    public const string Name = "One Migration Authority";
}

/// <summary>Tests of commands with one Migration Authority; after each of them the way to it is open again, and nothing is loaded in a TPM.</summary>
[Collection(MaSceneGroup.Name)]
public abstract class MaSceneTests : IDisposable
{
    private protected MaSceneTests(MaScene scene) => Scene = scene;

    private protected MaScene Scene { get; }

    private protected ErrorRecord ErrorOf(string script)
    {
        ModuleSessionResult result = Scene.Run(script);
        return result.Terminating ?? Assert.Single(result.Errors);
    }

    private protected string ErrorIdOf(string script) => ErrorOf(script).FullyQualifiedErrorId.Split(',')[0];

    public void Dispose()
    {
        Scene.Between.Speak = Scene.Through;
        Assert.Equal(string.Empty, Scene.Loaded());
    }
}
