using System;
using System.IO;
#if NET
using System.Runtime.Versioning;
#endif

namespace TpmMigration.Keys;

/// <summary>
/// The rights to the store's folder: its owner only (Unix 0700), or the current user, SYSTEM and Administrators (Windows). A folder of ours
/// that is open to others is closed to them; a folder of someone else is refused, since they could change what is in it.
/// </summary>
internal static class StoreFolder
{
    private const int OwnerOnly = 0b111_000_000, Others = 0b000_111_111;

#if NET
    [SupportedOSPlatformGuard("windows")]
#endif
    private static bool IsWindows => !UnixCalls.Available;

    public static void Create(string path)
    {
        if (IsWindows)
        {
            WindowsFolderRights.Create(path);
            return;
        }
        Directory.CreateDirectory(path);
        UnixCalls.SetMode(path, OwnerOnly);
    }

    /// <exception cref="KeyStoreException"><see cref="KeyStoreFault.AccessDenied"/>: it is someone else's.</exception>
    public static void Protect(string path)
    {
        if (IsWindows)
        {
            if (!WindowsFolderRights.IsOwnerTrusted(path)) throw ForeignOwner(path, $"takeown /f \"{path}\"");
            WindowsFolderRights.CloseToOthers(path);
            return;
        }
        if (!UnixCalls.IsOwnedByUs(path)) throw ForeignOwner(path, $"chown {Environment.UserName} '{path}'");
        if ((UnixCalls.Mode(path) & Others) != 0) UnixCalls.SetMode(path, OwnerOnly);
    }

    private static KeyStoreException ForeignOwner(string path, string remedy) => new(KeyStoreFault.AccessDenied,
        $"The folder '{path}' belongs to another user, who could change the keys in it. Run as that user, choose another folder for the store, or make this one yours: {remedy}");
}
