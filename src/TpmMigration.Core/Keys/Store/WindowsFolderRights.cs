using System;
using System.Collections.Generic;
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

    /// <summary>Whether nobody else may change a file or folder, or what is in it, or its rights.</summary>
    public static bool IsChangedByTrustedOnly(string path)
    {
        FileSystemSecurity security = Directory.Exists(path)
            ? new DirectoryInfo(path).GetAccessControl(AccessControlSections.Owner | AccessControlSections.Access)
            : new FileInfo(path).GetAccessControl(AccessControlSections.Owner | AccessControlSections.Access);
        if (security.GetOwner(typeof(SecurityIdentifier)) is not SecurityIdentifier owner || !MayChange(owner)) return false;
        foreach (FileSystemAccessRule rule in security.GetAccessRules(true, true, typeof(SecurityIdentifier)))
        {
            bool applies = rule.AccessControlType == AccessControlType.Allow && (rule.PropagationFlags & PropagationFlags.InheritOnly) == 0;
            if (applies && ((int)rule.FileSystemRights & ChangingRights) != 0 && !MayChange((SecurityIdentifier)rule.IdentityReference)) return false;
        }
        return true;
    }

    /// <summary>A folder that administrators change and everybody reads.</summary>
    public static void CreateReadable(string path)
    {
        DirectorySecurity security = ReadableRights(new DirectorySecurity(), InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit);
#if NET
        security.CreateDirectory(path);
#else
        Directory.CreateDirectory(path, security);
#endif
    }

    /// <summary>Lets everybody see a folder that was closed to others, and nothing in it that is closed by itself.</summary>
    public static void LetOthersLookInto(string path)
    {
        var folder = new DirectoryInfo(path);
        DirectorySecurity security = folder.GetAccessControl(AccessControlSections.Access);
        security.AddAccessRule(new FileSystemAccessRule(Users, FileSystemRights.ReadAndExecute, AccessControlType.Allow));
        folder.SetAccessControl(security);
    }

    /// <summary>Makes a file one that administrators change and everybody reads.</summary>
    public static void MakeReadable(string path) =>
        new FileInfo(path).SetAccessControl(ReadableRights(new FileSecurity(), InheritanceFlags.None));

    // Write, append, attributes, delete, delete of children, change of rights or owner, and the generic rights that hold these.
    private const int ChangingRights = 0x2 | 0x4 | 0x10 | 0x40 | 0x100 | 0x10000 | 0x40000 | 0x80000 | 0x40000000 | 0x10000000;

    private static SecurityIdentifier Users { get; } = new(WellKnownSidType.BuiltinUsersSid, null);

    // TrustedInstaller, the owner of Windows' own folders.
    private static bool MayChange(SecurityIdentifier id) =>
        IsTrusted(id) || id.Value == "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

    private static T ReadableRights<T>(T security, InheritanceFlags inheritance) where T : FileSystemSecurity
    {
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        List<SecurityIdentifier> changing = [new(WellKnownSidType.LocalSystemSid, null), new(WellKnownSidType.BuiltinAdministratorsSid, null)];
        // An administrator writes as one; anybody else, in a folder of their own, must not lock themselves out.
        using (WindowsIdentity identity = WindowsIdentity.GetCurrent())
        {
            if (!new WindowsPrincipal(identity).IsInRole(WindowsBuiltInRole.Administrator)) changing.Add(CurrentUser());
        }
        foreach (SecurityIdentifier id in changing)
            security.AddAccessRule(new FileSystemAccessRule(id, FileSystemRights.FullControl, inheritance, PropagationFlags.None, AccessControlType.Allow));
        security.AddAccessRule(new FileSystemAccessRule(Users, FileSystemRights.ReadAndExecute, inheritance, PropagationFlags.None, AccessControlType.Allow));
        return security;
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
