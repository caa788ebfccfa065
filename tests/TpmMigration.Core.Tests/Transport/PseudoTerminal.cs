using System;
using System.IO;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TpmMigration.Tests.Transport;

/// <summary>A character device that passes bytes unchanged between its path and a test: a stand-in for a TPM's device node.</summary>
internal sealed class PseudoTerminal : IDisposable
{
    private readonly FileStream _slave;

    internal PseudoTerminal()
    {
        const int TermiosSize = 256;
        byte[] settings = new byte[TermiosSize];
        byte[] name = new byte[256];
        cfmakeraw(settings);
        if (openpty(out int master, out int slave, name, settings, IntPtr.Zero) != 0)
            throw new IOException($"openpty failed with {Marshal.GetLastPInvokeError()}.");
        Path = System.Text.Encoding.UTF8.GetString(name, 0, Array.IndexOf(name, (byte)0));
        Device = new FileStream(new SafeFileHandle(master, ownsHandle: true), FileAccess.ReadWrite, 0);
        _slave = new FileStream(new SafeFileHandle(slave, ownsHandle: true), FileAccess.ReadWrite, 0);
    }

    /// <summary>What the driver opens.</summary>
    internal string Path { get; }

    /// <summary>The device's side.</summary>
    internal FileStream Device { get; }

    public void Dispose()
    {
        _slave.Dispose();
        Device.Dispose();
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int openpty(out int master, out int slave, byte[] name, byte[] settings, IntPtr size);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void cfmakeraw(byte[] settings);
}
