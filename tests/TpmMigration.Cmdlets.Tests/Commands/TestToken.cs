using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TpmMigration.Testing;
using Xunit;

namespace TpmMigration.Cmdlets.Tests.Commands;

/// <summary>A PKCS #11 token in software, with one key and its certificate.</summary>
internal sealed class TestToken : IDisposable
{
    private readonly TemporaryFolder _folder = new("token-");

    internal TestToken(X509Certificate2 certificate, string pin)
    {
        string library = new[] { "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so" }.First(File.Exists);
        Directory.CreateDirectory(_folder["tokens"]);
        File.WriteAllText(_folder["softhsm2.conf"], $"directories.tokendir = {_folder["tokens"]}\nlog.level = ERROR\n");
        // The library asks the C library's environment, which .NET's own does not change; the tools inherit .NET's.
        Assert.Equal(0, SetEnvironment("SOFTHSM2_CONF", _folder["softhsm2.conf"], 1));
        Environment.SetEnvironmentVariable("SOFTHSM2_CONF", _folder["softhsm2.conf"]);
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(_folder["key.pem"], key.ExportPkcs8PrivateKeyPem());
        File.WriteAllBytes(Certificate, certificate.RawData);
        string[] token = ["--token", "Admins", "--label", "admin", "--id", "01", "--pin", pin];
        ToolFolder.Run(_folder.FullPath, "softhsm2-util", "--init-token", "--free", "--label", "Admins", "--pin", pin, "--so-pin", "00000000");
        ToolFolder.Run(_folder.FullPath, "softhsm2-util", ["--import", "key.pem", .. token]);
        ToolFolder.Run(_folder.FullPath, "pkcs11-tool", "--module", library, "--token-label", "Admins", "--login", "--pin", pin, "--write-object", "certificate.der", "--type", "cert", "--id", "01", "--label", "admin");
        Address = $"pkcs11:token=Admins;object=admin?module-path={library}";
    }

    /// <summary>What -Certificate takes.</summary>
    internal string Address { get; }

    /// <summary>The file of the certificate, DER.</summary>
    internal string Certificate => _folder["certificate.der"];

    public void Dispose() => _folder.Dispose();

    [DllImport("libc", EntryPoint = "setenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetEnvironment([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
