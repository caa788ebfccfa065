using System;
using System.IO;
#if NET
using System.Runtime.Versioning;
#endif
using System.Security.AccessControl;
using System.Security.Principal;

namespace TpmMigration.Keys;

/// <summary>Access control of a folder for the current user, SYSTEM and Administrators alone.</summary>
#if NET
[SupportedOSPlatform("windows")]
#endif
internal static class WindowsFolderRights
{
    public static void Create(string path)
    {
#if NET
        Rights().CreateDirectory(path);
#else
        Directory.CreateDirectory(path, Rights());
#endif
    }

    /// <summary>Creates a file for those alone.</summary>
    public static FileStream CreateFile(string path)
    {
        var security = new FileSecurity();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        foreach (SecurityIdentifier id in Trusted())
            security.AddAccessRule(new FileSystemAccessRule(id, FileSystemRights.FullControl, AccessControlType.Allow));
#if NET
        return new FileInfo(path).Create(FileMode.CreateNew, FileSystemRights.Write, FileShare.None, 4096, FileOptions.None, security);
#else
        return new FileStream(path, FileMode.CreateNew, FileSystemRights.Write, FileShare.None, 4096, FileOptions.None, security);
#endif
    }

    /// <summary>Whether the folder belongs to one of those who may enter it.</summary>
    public static bool IsOwnerTrusted(string path)
    {
        var owner = (SecurityIdentifier?)new DirectoryInfo(path).GetAccessControl(AccessControlSections.Owner).GetOwner(typeof(SecurityIdentifier));
        return owner != null && IsTrusted(owner);
    }

    /// <summary>Takes away what others may do in the folder, if they may do anything.</summary>
    public static void CloseToOthers(string path)
    {
        var folder = new DirectoryInfo(path);
        foreach (FileSystemAccessRule rule in folder.GetAccessControl(AccessControlSections.Access).GetAccessRules(true, true, typeof(SecurityIdentifier)))
        {
            if (rule.AccessControlType != AccessControlType.Allow || IsTrusted((SecurityIdentifier)rule.IdentityReference)) continue;
            folder.SetAccessControl(Rights());
            return;
        }
    }

    private static bool IsTrusted(SecurityIdentifier id) =>
        id.IsWellKnown(WellKnownSidType.LocalSystemSid) || id.IsWellKnown(WellKnownSidType.BuiltinAdministratorsSid) || id.Equals(CurrentUser());

    private static SecurityIdentifier CurrentUser()
    {
        using WindowsIdentity identity = WindowsIdentity.GetCurrent();
        return identity.User ?? throw new UnauthorizedAccessException("The current user has no security identifier.");
    }

    private static DirectorySecurity Rights()
    {
        var security = new DirectorySecurity();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        foreach (SecurityIdentifier id in Trusted())
            security.AddAccessRule(new FileSystemAccessRule(id, FileSystemRights.FullControl, InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit, PropagationFlags.None, AccessControlType.Allow));
        return security;
    }

    private static SecurityIdentifier[] Trusted() =>
        [CurrentUser(), new(WellKnownSidType.LocalSystemSid, null), new(WellKnownSidType.BuiltinAdministratorsSid, null)];
}
