using System;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>
/// A machine with two CMKs: Board, which the authority a lets go, and Council, which asks for two of a, b and c. The variables $a, $b and $c
/// hold what an authority gives to sign; $files has their certificates.
/// </summary>
public sealed class SelectionScene : IDisposable
{
    public SelectionScene()
    {
        using RSA rsa = RSA.Create(2048);
        Save("a", TestSigner.Make("a"));
        Save("b", TestSigner.Make("b", rsa));
        Save("c", TestSigner.Make("c"));
        Save("stranger", TestSigner.Make("stranger"));
        Scene.Run("""
            'a', 'b', 'c', 'stranger' | ForEach-Object { $ExecutionContext.SessionState.PSVariable.Set("global:$_", @{ Certificate = "$files/$_.pfx"; CertificatePassword = $password }) }
            $null = New-TpmMigratableKey Board -Kind CertifiableMigratable -MigrationSelectionAuthority $files/a.cer
            $null = New-TpmMigratableKey Council -MigrationSelectionAuthority $files/a.cer, $files/b.cer, $files/c.cer -Quorum 2
            $global:board = Get-TpmKey Board
            $global:council = Get-TpmKey Council
            $global:why = @{ Reason = 'a new laptop' }
            """).ThrowIfFailed();
    }

    internal Scene Scene { get; } = new();

    public void Dispose() => Scene.Dispose();

    private void Save(string name, X509Certificate2 certificate)
    {
        using (certificate)
        {
            File.WriteAllBytes(Path.Combine(Scene.Files, name + ".pfx"), certificate.Export(X509ContentType.Pfx, Scene.Password));
            File.WriteAllBytes(Path.Combine(Scene.Files, name + ".cer"), certificate.RawData);
        }
    }
}

/// <summary>Tests with CMKs; after each of them nothing may be left loaded in the TPM.</summary>
public abstract class SelectionSceneTests : IClassFixture<SelectionScene>, IDisposable
{
    private protected SelectionSceneTests(SelectionScene selection) => Scene = selection.Scene;

    private protected Scene Scene { get; }

    public void Dispose() => Assert.Equal(string.Empty, Scene.Loaded().Trim());
}
