#if NET
using System;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace TpmMigration.Tpm;

/// <summary>The OpenSSL 3 that .NET itself uses on Linux.</summary>
internal static class OpenSslLibrary
{
    internal const string Name = "libcrypto.so.3";

    /// <summary>Whether this is Linux, and there is one.</summary>
    [UnsupportedOSPlatformGuard("windows")]
    internal static bool IsThere { get; } = OperatingSystem.IsLinux() && NativeLibrary.TryLoad(Name, out _);

    /// <summary>Forgets why something failed: the reasons are the thread's, and .NET would find them there.</summary>
    internal static void ClearErrors() => ERR_clear_error();

    [DllImport(Name)]
    private static extern void ERR_clear_error();
}
#endif
